package machine

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"trackercluster/deploy/local/internal/plan"
)

// guard is how long a condition may take before the test is taken to hang.
const guard = time.Minute

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for begin := time.Now(); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > guard {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// only is the one supervisor of this process: two would reap each other's children.
var only *supervisor

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "supervisor-")
	if err != nil {
		panic(err)
	}
	c := plan.New(dir)
	if err := os.MkdirAll(c.LogDir(1), 0o755); err != nil {
		panic(err)
	}
	// As the first process of a machine: orphans come to us.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	only = newSupervisor(c, 1, []string{"PATH=/usr/bin:/bin", "GREETING=hello"})
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func shell(s *supervisor, name, script string) error {
	return s.run(name, "/bin/sh", "sh", "-c", script)
}

func TestRunWaitsAndTellsTheOutcome(t *testing.T) {
	s := only
	if err := shell(s, "greet", "echo $GREETING; echo again >&2"); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(s.cluster.LogDir(1), "greet.log"))
	if err != nil || !strings.HasPrefix(string(log), "hello\nagain\n") {
		t.Errorf("log %q, %v", log, err)
	}
	if err := shell(s, "fail", "exit 3"); err == nil || !strings.Contains(err.Error(), "exit code 3") {
		t.Error(err)
	}
	if err := shell(s, "die", "kill -9 $$"); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Error(err)
	}
	if err := s.run("nothing", "/does/not/exist"); err == nil {
		t.Error("a program that is not there was run")
	}
}

func TestOrphansAreReaped(t *testing.T) {
	s := only
	file := filepath.Join(t.TempDir(), "pid")
	if err := shell(s, "parent", "sleep 0.05 & echo $! > "+file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	orphan := "/proc/" + strings.TrimSpace(string(text))
	eventually(t, "the orphan is gone, and no zombie", func() bool {
		_, err := os.Stat(orphan)
		return os.IsNotExist(err)
	})
}

func TestAComponentComesBackUnlessHeld(t *testing.T) {
	s := only
	name := "thing-" + rand.Text() // another one each time the test runs
	s.keep(name, "/bin/sh", "sh", "-c", "exec sleep 1000")
	running := func() int {
		text, err := os.ReadFile(s.cluster.ComponentPID(1, name))
		if err != nil {
			return 0
		}
		pid, err := strconv.Atoi(string(text))
		if err != nil {
			return 0
		}
		return pid
	}
	eventually(t, "it runs", func() bool { return running() != 0 })
	first := running()
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs again", func() bool { pid := running(); return pid != 0 && pid != first })

	hold := s.cluster.ComponentHold(1, name)
	if err := os.WriteFile(hold, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(running(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has ended", func() bool { return running() == 0 })
	time.Sleep(restartDelay + 300*time.Millisecond) // time in which it would have come back
	if running() != 0 {
		t.Error("it runs although it is held")
	}
	if err := os.Remove(hold); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs after the release", func() bool { return running() != 0 })
	// Nothing of it may outlive the test.
	if err := os.WriteFile(hold, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(running(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has ended for good", func() bool { return running() == 0 })
}
