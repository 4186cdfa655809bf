package settings

import (
	"os"
	"path/filepath"
	"testing"
)

// machine is a setting of a machine, as a file, and a keeper that thinks these clusters alive.
type machine struct {
	t     *testing.T
	file  string
	alive map[string]bool
	Keeper
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, file: filepath.Join(t.TempDir(), "setting"), alive: map[string]bool{}}
	m.Keeper = Keeper{Directory: t.TempDir(), Alive: func(cluster string) bool { return m.alive[cluster] }}
	m.set("original")
	return m
}

func (m *machine) set(value string) {
	m.t.Helper()
	if err := os.WriteFile(m.file, []byte(value), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) expect(value string) {
	m.t.Helper()
	content, err := os.ReadFile(m.file)
	if err != nil {
		m.t.Fatal(err)
	}
	if string(content) != value {
		m.t.Errorf("the setting is %q, not %q", content, value)
	}
}

// up is what a cluster does to a machine.
func (m *machine) up(cluster string) {
	m.t.Helper()
	values, err := Read([]string{m.file, m.file + ".absent"})
	if err != nil {
		m.t.Fatal(err)
	}
	m.alive[cluster] = true
	if err := m.Remember(cluster, values); err != nil {
		m.t.Fatal(err)
	}
	m.set("changed by " + cluster)
}

func (m *machine) down(cluster string) {
	m.t.Helper()
	delete(m.alive, cluster)
	if err := m.Forget(cluster); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) expectNoTrace() {
	m.t.Helper()
	left, err := os.ReadDir(m.Directory)
	if err != nil || len(left) != 0 {
		m.t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestTheLastClusterRestores(t *testing.T) {
	m := newMachine(t)
	m.up("a")
	m.up("b")
	m.up("a") // again, as `up` may be called at any time
	m.down("a")
	m.expect("changed by a")
	m.down("b")
	m.expect("original")
	m.expectNoTrace()
}

func TestAClusterThatVanishedHoldsNothingBack(t *testing.T) {
	m := newMachine(t)
	m.up("a")
	m.up("b")
	delete(m.alive, "a")
	m.down("b")
	m.expect("original")
	m.expectNoTrace()
}

func TestWithoutARecordNothingIsWritten(t *testing.T) {
	m := newMachine(t)
	m.down("a")
	m.expect("original")
	m.expectNoTrace()
}

func TestASettingAddedLaterIsRestoredToo(t *testing.T) {
	m := newMachine(t)
	m.up("a")
	later := filepath.Join(t.TempDir(), "later")
	if err := m.Remember("a", map[string]string{later: "undo", m.file: "not this"}); err != nil {
		t.Fatal(err)
	}
	m.down("a")
	m.expect("original")
	content, err := os.ReadFile(later)
	if err != nil || string(content) != "undo" {
		t.Errorf("got %q, %v", content, err)
	}
}
