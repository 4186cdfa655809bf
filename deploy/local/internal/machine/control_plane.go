package machine

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/render"
	"trackercluster/deploy/local/internal/state"
)

// bootControlPlane starts the API server and what belongs to it, in the order
// in which they need each other.
func bootControlPlane(c plan.Cluster, m plan.Machine, s *supervisor, fast bool) error {
	own := func(name string) string { return filepath.Join(c.MachineDir(m), name) }
	for name, content := range map[string][]byte{
		"audit.yaml": render.AuditPolicy(),
		"base.yaml":  render.Base(),
		"Corefile":   render.Corefile(c),
	} {
		if err := state.WriteFile(own(name), content, 0o644); err != nil {
			return err
		}
	}
	for directory, mode := range map[string]os.FileMode{own("etcd"): 0o700, c.Volumes(): 0o755} {
		if err := os.MkdirAll(directory, mode); err != nil {
			return err
		}
	}
	s.keepOwn("etcd", render.EtcdFlags(c))
	s.keepOwn("kube-apiserver", render.APIServerFlags(c, fast))
	awaitAPIServer()
	s.keepOwn("kube-controller-manager", render.ControllerManagerFlags(c, fast))
	s.keepOwn("kube-scheduler", render.SchedulerFlags(c))
	// So that the API server reaches webhooks by their ClusterIP.
	s.keepOwn("kube-proxy", render.ProxyFlags(c, m))
	for s.runOwn("kubectl", "--kubeconfig="+c.Kubeconfig("admin"), "apply", "--filename="+own("base.yaml")) != nil {
		time.Sleep(200 * time.Millisecond)
	}
	s.keepOwn("provisioner", render.ProvisionerFlags(c))
	s.keepOwn("coredns", []string{"-conf", own("Corefile")})
	return nil
}

// awaitAPIServer waits until the API server says it is ready, for as long as it takes.
func awaitAPIServer() {
	client := http.Client{
		Timeout: time.Second,
		// Only the answer's code counts, on loopback: no need to know who gives it.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	defer client.CloseIdleConnections()
	url := fmt.Sprintf("https://127.0.0.1:%d/readyz", plan.APIPort)
	for {
		if response, err := client.Get(url); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
}
