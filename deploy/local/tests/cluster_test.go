// Package tests runs the finished program on this machine, as root. Without
// LOCAL_KUBERNETES_PROGRAM, the path of the program, everything is skipped.
package tests

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"trackercluster/deploy/local/internal/plan"
)

// One cluster for the whole story, as each costs ten seconds to bring up.
func TestAClusterFromUpToDown(t *testing.T) {
	p := newProgram(t)
	before := host(t)
	if _, err := p.try("status"); err == nil {
		t.Fatal("there is a cluster already")
	}

	t.Log("two at once bring up one cluster")
	begin := time.Now()
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if out, err := p.try("up", "--fast"); err != nil {
				t.Errorf("up: %v: %s", err, out)
			}
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	t.Logf("up after %.1f s", time.Since(begin).Seconds())
	p.expect("already up: 3 nodes", "up")
	p.eventually("True True True", "kubectl", "get", "nodes", "--output", `jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}`)

	t.Log("pods with volumes on each node, which find each other by name")
	p.loadPeer()
	p.apply("testdata/peers.yaml")
	p.run("kubectl", "rollout", "status", "statefulset/peer", "--timeout="+guard.String())
	first, any := p.forward("pod/default/peer-0:8080"), p.forward("svc/default/any-peer:80")
	p.same("peer-1", p.get(first+"/ask?url=http://peer-1.peer.default.svc.cluster.local:8080/name"))
	p.same("peer-0\npeer-1\npeer-2", p.get(first+"/shared"))
	seen := map[string]bool{}
	for begin := time.Now(); len(seen) < 3 && time.Since(begin) < guard; {
		seen[p.get(any+"/name")] = true
	}
	if len(seen) != 3 {
		t.Errorf("the Service leads only to %v", seen)
	}

	t.Log("a process killed in a pod")
	p.expect("got signal 9", "kill-pod-process", "default", "peer-0", "peer")
	p.eventually("1", "kubectl", "get", "pod", "peer-0", "--output", "jsonpath={.status.containerStatuses[0].restartCount}")
	p.same("peer-0\npeer-0", p.get(first+"/starts"))

	t.Log("a cable cut and plugged in")
	node := p.nodeOf("peer-1")
	p.run("node", "cut", node)
	p.ready(node, "Unknown")
	p.run("node", "heal", node)
	p.ready(node, "True")

	t.Log("a node killed and started, with the pod's data")
	node = p.nodeOf("peer-2")
	p.run("node", "kill", node)
	if p.running(node) {
		t.Errorf("something runs on %s, which is off", node)
	}
	p.ready(node, "Unknown")
	p.run("node", "start", node)
	p.ready(node, "True")
	// Once more, or twice if Kubernetes replaced the pod just after the node was back.
	starts := p.get(p.forward("pod/default/peer-2:8080") + "/starts")
	if count := strings.Count(starts, "peer-2"); count != 2 && count != 3 {
		t.Errorf("peer-2 found this on its volume: %q", starts)
	}

	t.Log("the API server killed; up mends it")
	p.run("node", "kill", "control-plane")
	p.run("node", "kill-process", "node-1", "kubelet")
	p.run("up")
	p.expect("node-3", "kubectl", "get", "nodes")

	t.Log("down, with forwarders still running")
	begin = time.Now()
	p.run("down")
	t.Logf("down after %.1f s", time.Since(begin).Seconds())
	p.expectNoTraces(before)
	p.expect("already down", "down")
}

func TestWhatIsMissingIsSaidBeforeAnythingIsChanged(t *testing.T) {
	p := newProgram(t)
	before := host(t)
	// The program looks into Debian's sbin folders anyway, but containerd is not there.
	p.environment = append(p.environment, "PATH="+t.TempDir())
	out, err := p.try("up")
	if err == nil || !strings.Contains(out, "(Debian package containerd)") || !strings.Contains(out, "apt-get install") {
		t.Errorf("up says %v: %s", err, out)
	}
	if err := os.Remove(p.plan.Dir); err != nil {
		t.Errorf("something was written: %v", err)
	}
	p.expectNoTraces(before)
}

func TestWithoutRootItSaysSo(t *testing.T) {
	p := newProgram(t)
	if err := os.Chmod(p.plan.Dir, 0o777); err != nil { // it is not the folder that stops it
		t.Fatal(err)
	}
	copied := filepath.Join(p.plan.Dir, "..", filepath.Base(p.plan.Dir)+"-program")
	content, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, content, 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(copied)
	command := p.command("up")
	command.Path = copied
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "not root") {
		t.Errorf("up says %v: %s", err, out)
	}
}

// same compares two texts.
func (p *program) same(want, got string) {
	p.t.Helper()
	if got != want {
		p.t.Errorf("got %q, not %q", got, want)
	}
}

func (p *program) nodeOf(pod string) string {
	p.t.Helper()
	return p.run("kubectl", "get", "pod", pod, "--output=jsonpath={.spec.nodeName}")
}

// ready waits until the node's condition Ready has a status.
func (p *program) ready(node, status string) {
	p.t.Helper()
	p.eventually(status, "kubectl", "get", "node", node, "--output", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
}

// running says whether any process is listed for a machine, and checks the list's form.
func (p *program) running(machine string) bool {
	p.t.Helper()
	return slices.ContainsFunc(strings.Split(strings.TrimSpace(p.run("pids")), "\n"), func(line string) bool {
		fields := strings.Split(line, "\t")
		if len(fields) != 5 {
			p.t.Fatalf("not a line of a process: %q", line)
		}
		if pid, err := strconv.Atoi(fields[1]); err != nil || pid <= 1 {
			p.t.Errorf("not a process id: %q", line)
		}
		if _, err := plan.ParseMachine(fields[0], plan.MaxNodes); err != nil {
			p.t.Error(err)
		}
		return fields[0] == machine
	})
}
