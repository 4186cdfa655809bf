package cluster

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"trackercluster/deploy/local/internal/arguments"
	"trackercluster/deploy/local/internal/forward"
	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// dialTimeout bounds the wait for the far side of a connection.
const dialTimeout = 10 * time.Second

// Forward listens on the host and passes connections on to a target, as seen
// from the control plane, until the process ends or, if so asked, its input does.
func (c Cluster) Forward(r arguments.Forward, input io.Reader) error {
	if _, err := c.running(); err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	// Say at once when there is no such thing.
	if _, err := resolve(client, r.To); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", r.Listen)
	if err != nil {
		return err
	}
	forget, err := c.registerForward()
	if err != nil {
		return err
	}
	defer forget()
	if r.UntilEOF {
		go func() {
			_, _ = io.Copy(io.Discard, input)
			listener.Close()
		}()
	}
	c.say("forwarding %s", listener.Addr())
	return forward.Serve(listener, c.dialer(client, r.To), func(err error) {
		fmt.Fprintln(os.Stderr, "forward:", err)
	})
}

// dialer asks for the address of a pod each time, as it changes with each
// restart; a Service keeps its own until it is deleted.
func (c Cluster) dialer(client *kubernetes.Clientset, target forward.Target) forward.Dial {
	var known atomic.Pointer[string]
	return func() (*net.TCPConn, error) {
		address := known.Load()
		if address == nil {
			host, err := resolve(client, target)
			if err != nil {
				return nil, err
			}
			full := target.At(host)
			address = &full
			if target.Kind != forward.Pod {
				known.Store(address)
			}
		}
		conn, err := netns.Dial(c.Namespace(plan.ControlPlane), *address, dialTimeout)
		if err != nil {
			known.Store(nil)
		}
		return conn, err
	}
}

func resolve(client *kubernetes.Clientset, target forward.Target) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	switch target.Kind {
	case forward.Service:
		service, err := client.CoreV1().Services(target.Namespace).Get(ctx, target.Name, meta.GetOptions{})
		if err != nil {
			return "", err
		}
		if ip := service.Spec.ClusterIP; ip != "" && ip != core.ClusterIPNone {
			return ip, nil
		}
		return "", fmt.Errorf("service %s/%s has no address of its own: forward to one of its pods", target.Namespace, target.Name)
	case forward.Pod:
		pod, err := client.CoreV1().Pods(target.Namespace).Get(ctx, target.Name, meta.GetOptions{})
		if err != nil {
			return "", err
		}
		if pod.Status.PodIP == "" {
			return "", fmt.Errorf("pod %s/%s has no address yet", target.Namespace, target.Name)
		}
		return pod.Status.PodIP, nil
	}
	return target.Host, nil
}

// registerForward lets `down` find this process, whose connections would keep
// the namespaces alive.
func (c Cluster) registerForward() (forget func(), err error) {
	process, err := state.ProcessOf(os.Getpid())
	if err != nil {
		return nil, err
	}
	file := filepath.Join(c.Forwards(), strconv.Itoa(process.PID))
	return func() { os.Remove(file) }, state.WriteProcess(file, process)
}
