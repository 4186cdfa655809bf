package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// step is one thing that has to be true before pods can run.
type step struct {
	name string
	// done says whether it is; an error is only told when time runs out.
	done func(context.Context) (bool, error)
}

// awaitReady waits until the cluster can be used, and tells what is reached when.
func (c Cluster) awaitReady(ctx context.Context, s state.State, begin time.Time) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	for _, step := range c.steps(client, s) {
		waited := false
		for {
			ok, err := step.done(ctx)
			if ok {
				break
			}
			if dead := c.deadMachine(s); dead != nil {
				return dead
			}
			if ctx.Err() != nil {
				return fmt.Errorf("not in time: %s (%w); the logs are in %s", step.name, errors.Join(ctx.Err(), err), filepath.Join(c.Dir, "machines"))
			}
			waited = true
			time.Sleep(100 * time.Millisecond)
		}
		if waited {
			c.say("%5.1f s  %s", time.Since(begin).Seconds(), step.name)
		}
	}
	return nil
}

func (c Cluster) steps(client *kubernetes.Clientset, s state.State) []step {
	return []step{
		{"API server ready", func(ctx context.Context) (bool, error) {
			err := client.RESTClient().Get().AbsPath("/readyz").Timeout(time.Second).Do(ctx).Error()
			return err == nil, err
		}},
		{fmt.Sprintf("%d nodes ready", s.Nodes), func(ctx context.Context) (bool, error) {
			return c.nodesReady(ctx, client, s)
		}},
		// The controller manager makes it; before that, every pod is refused.
		{"service accounts ready", func(ctx context.Context) (bool, error) {
			_, err := client.CoreV1().ServiceAccounts(meta.NamespaceDefault).Get(ctx, "default", meta.GetOptions{})
			return err == nil, err
		}},
		// Of the objects every cluster starts with, this is the last.
		{"storage classes ready", func(ctx context.Context) (bool, error) {
			_, err := client.StorageV1().StorageClasses().Get(ctx, "shared", meta.GetOptions{})
			return err == nil, err
		}},
		{"DNS ready", c.dnsReady},
	}
}

// nodesReady says whether all nodes are ready and have reported since they were
// switched on: the API server goes on calling a killed node ready for a while.
func (c Cluster) nodesReady(ctx context.Context, client *kubernetes.Clientset, s state.State) (bool, error) {
	ready, err := readyNodes(ctx, client)
	if err != nil {
		return false, err
	}
	leases, err := client.CoordinationV1().Leases(core.NamespaceNodeLease).List(ctx, meta.ListOptions{})
	if err != nil {
		return false, err
	}
	reported := map[string]time.Time{}
	for _, lease := range leases.Items {
		if lease.Spec.RenewTime != nil {
			reported[lease.Name] = lease.Spec.RenewTime.Time
		}
	}
	for _, node := range plan.Nodes(s.Nodes) {
		switchedOn, err := os.Stat(c.InitFile(node))
		if err != nil {
			return false, err
		}
		if !ready[node.Name()] || reported[node.Name()].Before(switchedOn.ModTime()) {
			return false, nil
		}
	}
	return true, nil
}

func readyNodes(ctx context.Context, client *kubernetes.Clientset) (map[string]bool, error) {
	nodes, err := client.CoreV1().Nodes().List(ctx, meta.ListOptions{})
	if err != nil {
		return nil, err
	}
	ready := map[string]bool{}
	for _, node := range nodes.Items {
		for _, condition := range node.Status.Conditions {
			if condition.Type == core.NodeReady && condition.Status == core.ConditionTrue {
				ready[node.Name] = true
			}
		}
	}
	return ready, nil
}

func (c Cluster) dnsReady(ctx context.Context) (bool, error) {
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return netns.Dial(c.Namespace(plan.ControlPlane), "127.0.0.1:8181", time.Second)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://control-plane/ready", nil)
	if err != nil {
		return false, err
	}
	response, err := client.Do(request)
	if err != nil {
		return false, err
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK, nil
}

// deadMachine is an error when a machine that should run does not, with what its init said last.
func (c Cluster) deadMachine(s state.State) error {
	for _, m := range plan.Machines(s.Nodes) {
		process, err := c.init(m)
		if err != nil {
			return err
		}
		if process.Alive() {
			continue
		}
		file := filepath.Join(c.LogDir(m), "init.log")
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		return fmt.Errorf("%s does not run any more (%s): %s", m.Name(), file, lines[len(lines)-1])
	}
	return nil
}
