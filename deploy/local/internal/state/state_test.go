package state

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"trackercluster/deploy/local/internal/plan"
)

func TestStateIsReadBack(t *testing.T) {
	c := plan.New(t.TempDir())
	if _, ok, err := Load(c); ok || err != nil {
		t.Fatalf("there is a state: %v", err)
	}
	boot, err := BootID()
	if err != nil {
		t.Fatal(err)
	}
	want := State{BootID: boot, Fast: true, Nodes: 3, Wired: 4, APIAddress: "127.0.0.1:1"}
	if err := Save(c, want); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := Load(c); got != want || !ok || err != nil {
		t.Errorf("got %+v, %v, %v", got, ok, err)
	}
}

func TestStateOfAnotherBootDescribesNothing(t *testing.T) {
	c := plan.New(t.TempDir())
	if err := Save(c, State{BootID: "yesterday", Nodes: 3}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := Load(c); ok || err != nil {
		t.Errorf("it counts: %v", err)
	}
}

func TestBrokenStateIsAnError(t *testing.T) {
	c := plan.New(t.TempDir())
	if err := os.WriteFile(c.StateFile(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(c); err == nil {
		t.Error("it is read")
	}
}

func TestOneHoldsTheLockAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(path, func() { t.Error("nobody holds it") })
	if err != nil {
		t.Fatal(err)
	}
	waits, got := make(chan struct{}), make(chan error)
	go func() {
		unlock, err := Lock(path, func() { close(waits) })
		if err == nil {
			unlock()
		}
		got <- err
	}()
	<-waits
	select {
	case err := <-got:
		t.Fatalf("two hold it: %v", err)
	default:
	}
	unlock()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestALockOnARemovedFileIsTakenAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Lock(path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	waits, second := make(chan struct{}), make(chan error)
	go func() {
		_, err := Lock(path, func() { close(waits) })
		second <- err
	}()
	<-waits
	// As `down` does.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	first()
	if err := <-second; err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the second holds a lock that others cannot see: %v", err)
	}
}

func TestParseStat(t *testing.T) {
	text := "4711 (a) b (c) S 17 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 100 200\n"
	got, err := parseStat(text)
	if err != nil || got != (stat{state: "S", parent: 17, started: 98765}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"", "1 (x) S", "no parentheses at all"} {
		if _, err := parseStat(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestAProcessIsToldFromALaterOneWithItsID(t *testing.T) {
	self, err := ProcessOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !self.Alive() {
		t.Error("this process does not run")
	}
	later := self
	later.Started++
	if later.Alive() {
		t.Error("another process is taken for this one")
	}
	if err := later.Kill(); err != nil {
		t.Error(err) // and it must not have killed us
	}
}

func TestKillWaitsForTheEnd(t *testing.T) {
	command := exec.Command("sleep", "1000")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	process, err := ProcessOf(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "process")
	if err := WriteProcess(file, process); err != nil {
		t.Fatal(err)
	}
	if process, err = ReadProcess(file); err != nil || !process.Alive() {
		t.Fatalf("it does not run: %v", err)
	}
	begin := time.Now()
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	if process.Alive() || time.Since(begin) > time.Minute {
		t.Error("it goes on")
	}
	_ = command.Wait()
}

func TestNoFileIsNoProcess(t *testing.T) {
	process, err := ReadProcess(filepath.Join(t.TempDir(), "none"))
	if err != nil || process.Alive() {
		t.Errorf("%+v, %v", process, err)
	}
}
