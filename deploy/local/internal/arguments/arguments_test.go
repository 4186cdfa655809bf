package arguments

import (
	"errors"
	"flag"
	"io"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"trackercluster/deploy/local/internal/forward"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]any{
		"help":                             Help{},
		"up":                               Up{Wait: 5 * time.Minute},
		"up --nodes 5 --fast":              Up{Nodes: 5, Fast: true, Wait: 5 * time.Minute},
		"up --wait 90s":                    Up{Wait: 90 * time.Second},
		"down":                             Down{},
		"status":                           Status{},
		"kubeconfig":                       Kubeconfig{},
		"pids":                             PIDs{},
		"load a.tar b":                     Load{Images: []string{"a.tar", "b"}},
		"load a --storage-driver vfs":      Load{Images: []string{"a"}, Driver: "vfs"},
		"kubectl get pods --watch":         Kubectl{Arguments: []string{"get", "pods", "--watch"}},
		"kubectl --help":                   Kubectl{Arguments: []string{"--help"}},
		"forward --to 10.96.0.1:443":       Forward{Listen: "127.0.0.1:0", To: forward.Target{Host: "10.96.0.1", Port: 443}},
		"node cut node-1":                  Node{Verb: "cut", Name: "node-1"},
		"node start 2":                     Node{Verb: "start", Name: "2"},
		"node kill-process node-1 kubelet": KillProcess{Machine: "node-1", Component: "kubelet"},
		"node kill-process node-1 kubelet --hold": KillProcess{Machine: "node-1", Component: "kubelet", Hold: true},
		"node release-process node-1 kubelet":     ReleaseProcess{Machine: "node-1", Component: "kubelet"},
		"kill-pod-process ns pod main":            KillPodProcess{Namespace: "ns", Pod: "pod", Container: "main", Signal: syscall.SIGKILL},
		"kill-pod-process --signal 19 ns pod main": KillPodProcess{
			Namespace: "ns", Pod: "pod", Container: "main", Signal: syscall.SIGSTOP},
		"exec node-1 ip -br addr":  Exec{Machine: "node-1", Command: []string{"ip", "-br", "addr"}},
		"exec node-1 -- ls --help": Exec{Machine: "node-1", Command: []string{"ls", "--help"}},
		"forward --listen 127.0.0.1:80 --to svc/a/b:1 --until-eof": Forward{
			Listen: "127.0.0.1:80", UntilEOF: true,
			To: forward.Target{Kind: forward.Service, Namespace: "a", Name: "b", Port: 1}},
	} {
		got, err := Parse(strings.Fields(line), io.Discard)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", line, got, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, line := range []string{
		"", "nothing", "up node", "up --nodes 0", "up --nodes -1", "up --nodes 17", "up --nodes x", "up --unknown",
		"down now", "load", "forward", "forward --to tracker", "node", "node cut", "node cut a b", "node cook node-1",
		"node kill-process node-1", "kill-pod-process ns pod", "exec node-1", "exec node-1 --", "exec",
	} {
		if got, err := Parse(strings.Fields(line), io.Discard); err == nil {
			t.Errorf("%q is read as %#v", line, got)
		}
	}
}

func TestErrorsSayWhereToLook(t *testing.T) {
	_, err := Parse([]string{"nothing"}, io.Discard)
	if !errors.Is(err, ErrUnclear) || !strings.Contains(err.Error(), `"nothing"`) {
		t.Error(err)
	}
	var printed strings.Builder
	if _, err := Parse([]string{"up", "--help"}, &printed); !errors.Is(err, flag.ErrHelp) || !strings.Contains(printed.String(), "-nodes") {
		t.Errorf("%v: %s", err, printed.String())
	}
}

func TestUsageNamesEveryCommand(t *testing.T) {
	for _, name := range []string{"up", "down", "status", "load", "kubeconfig", "kubectl", "forward", "node", "kill-pod-process", "pids", "exec"} {
		if !strings.Contains(Usage, "\n  "+name+" ") {
			t.Errorf("%s is missing", name)
		}
	}
}
