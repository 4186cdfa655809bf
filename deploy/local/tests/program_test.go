package tests

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trackercluster/deploy/local/internal/images"
	"trackercluster/deploy/local/internal/plan"
)

// guard is how long a condition may take before the test is taken to hang:
// several times what it takes on a busy machine of two cores.
const guard = 3 * time.Minute

// program is the program under test with a cluster of its own.
type program struct {
	t    *testing.T
	path string
	plan plan.Cluster
	// environment is added to the machine's own.
	environment []string
}

// newProgram skips the test where there is no program, or no right to run it.
func newProgram(t *testing.T) *program {
	t.Helper()
	path := os.Getenv("LOCAL_KUBERNETES_PROGRAM")
	if path == "" {
		t.Skip("LOCAL_KUBERNETES_PROGRAM does not name the program")
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can make a cluster")
	}
	// Not t.TempDir: `down` must remove it, which is part of the test.
	dir, err := os.MkdirTemp("", "local-kubernetes-test-")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, path: path, plan: plan.New(dir)}
	p.environment = []string{"TRACKER_LOCAL_KUBERNETES_DIR=" + dir}
	t.Cleanup(func() {
		if t.Failed() {
			p.keepLogs()
		}
		if out, err := p.command("down").CombinedOutput(); err != nil {
			t.Errorf("down: %v: %s", err, out)
		}
		os.RemoveAll(dir)
	})
	return p
}

func (p *program) command(arguments ...string) *exec.Cmd {
	command := exec.Command(p.path, arguments...)
	command.Env = append(os.Environ(), p.environment...)
	return command
}

// try runs a command and gives what it printed, also on standard error.
func (p *program) try(arguments ...string) (string, error) {
	out, err := p.command(arguments...).CombinedOutput()
	return string(out), err
}

// run is try for commands that must succeed.
func (p *program) run(arguments ...string) string {
	p.t.Helper()
	out, err := p.try(arguments...)
	if err != nil {
		p.t.Fatalf("%s: %v: %s", strings.Join(arguments, " "), err, out)
	}
	return out
}

// expect runs a command whose output must hold a text.
func (p *program) expect(text string, arguments ...string) {
	p.t.Helper()
	if out := p.run(arguments...); !strings.Contains(out, text) {
		p.t.Errorf("%s does not say %q: %s", strings.Join(arguments, " "), text, out)
	}
}

// eventually waits until a command prints just this.
func (p *program) eventually(want string, arguments ...string) {
	p.t.Helper()
	var out string
	var err error
	for begin := time.Now(); time.Since(begin) < guard; time.Sleep(100 * time.Millisecond) {
		if out, err = p.try(arguments...); err == nil && strings.TrimSpace(out) == want {
			return
		}
	}
	p.t.Fatalf("not in time: %s prints %q: %v: %s", strings.Join(arguments, " "), want, err, out)
}

// apply hands objects to the cluster.
func (p *program) apply(file string) {
	p.t.Helper()
	p.run("kubectl", "apply", "--filename="+file)
}

// loadPeer compiles the program of the test's pods and loads it as an image.
func (p *program) loadPeer() {
	p.t.Helper()
	binary := filepath.Join(p.t.TempDir(), "peer")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "./peer")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		p.t.Fatalf("build peer: %v: %s", err, out)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		p.t.Fatal(err)
	}
	archive, err := images.Single("localhost/peer:1", "peer", content)
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(p.t.TempDir(), "peer.tar")
	if err := os.WriteFile(file, archive, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.expect("loaded into 3 nodes", "load", file)
}

// forward starts a forwarder and gives the base of its URLs. It ends with the test.
func (p *program) forward(target string) string {
	p.t.Helper()
	command := p.command("forward", "--to", target, "--until-eof")
	input, err := command.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		input.Close()
		_ = command.Wait() // `down` may have killed it first
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		p.t.Fatalf("forward to %s: %v", target, err)
	}
	return "http://" + strings.TrimPrefix(strings.TrimSpace(line), "forwarding ")
}

// get asks until there is an answer; pods come and go in these tests.
func (p *program) get(url string) string {
	p.t.Helper()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var failed error
	for begin := time.Now(); time.Since(begin) < guard; time.Sleep(100 * time.Millisecond) {
		response, err := client.Get(url)
		if err != nil {
			failed = err
			continue
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err == nil && response.StatusCode == http.StatusOK {
			return strings.TrimSpace(string(body))
		}
		failed = fmt.Errorf("%s, %v: %s", response.Status, err, bytes.TrimSpace(body))
	}
	p.t.Fatalf("not in time: %s: %v", url, failed)
	return ""
}

// keepLogs shows the ends of the cluster's logs.
func (p *program) keepLogs() {
	for _, m := range plan.Machines(3) {
		logs, err := filepath.Glob(filepath.Join(p.plan.LogDir(m), "*.log"))
		if err != nil {
			p.t.Log(err)
		}
		for _, log := range logs {
			content, err := os.ReadFile(log)
			if err != nil {
				p.t.Log(err)
			}
			p.t.Logf("%s ends:\n%s", log, content[max(0, len(content)-2000):])
		}
	}
}
