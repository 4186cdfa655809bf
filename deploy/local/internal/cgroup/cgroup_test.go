package cgroup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const hybrid = `23 1 0:22 / /proc rw,relatime - proc proc rw
30 24 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:7 - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
34 30 0:30 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
35 30 0:31 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
36 30 0:32 / /elsewhere/pids rw,relatime - cgroup cgroup rw,pids
`

const unified = `30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
`

func TestHybrid(t *testing.T) {
	l := parse(hybrid)
	if l.Unified {
		t.Error("it is taken for v2")
	}
	want := []string{"/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpuset", "/sys/fs/cgroup/systemd"}
	if !slices.Equal(l.Hierarchies, want) {
		t.Errorf("hierarchies %q", l.Hierarchies)
	}
	if got := l.MissingControllers(); !slices.Equal(got, []string{"pids"}) {
		t.Errorf("missing %q", got)
	}
}

func TestUnified(t *testing.T) {
	l := parse(unified)
	if !l.Unified || len(l.Hierarchies) != 0 || !slices.Equal(l.others, []string{Root}) {
		t.Errorf("got %+v", l)
	}
	l.controllers = []string{"cpuset", "cpu", "io", "memory", "pids"}
	if got := l.MissingControllers(); len(got) != 0 {
		t.Errorf("missing %q", got)
	}
}

func TestANewGroupMayUseWhatItsParentMay(t *testing.T) {
	hierarchy := t.TempDir()
	for file, value := range map[string]string{"cpuset.cpus": "0-1", "cpuset.mems": "0"} {
		if err := os.WriteFile(filepath.Join(hierarchy, file), []byte(value), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := createIn(hierarchy, "/prefix/node-1"); err != nil {
		t.Fatal(err)
	}
	for _, group := range []string{"prefix", "prefix/node-1"} {
		got, err := os.ReadFile(filepath.Join(hierarchy, group, "cpuset.cpus"))
		if err != nil || string(got) != "0-1" {
			t.Errorf("%s: %q, %v", group, got, err)
		}
	}
}

func TestControllersAreHandedDownOnce(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "cgroup.subtree_control")
	if err := os.WriteFile(file, []byte("memory\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	undo, err := handDown(directory, []string{"cpu", "memory", "pids"})
	if err != nil || undo != "-cpu -pids" {
		t.Errorf("undo %q, %v", undo, err)
	}
	// The kernel would show the sum; the file shows what was written.
	if got, _ := os.ReadFile(file); string(got) != "+cpu +pids" {
		t.Errorf("wrote %q", got)
	}
	if undo, err := handDown(directory, nil); err != nil || undo != "" {
		t.Errorf("nothing to do: %q, %v", undo, err)
	}
}

func TestRemoveTakesTheGroupsBelow(t *testing.T) {
	hierarchy := t.TempDir()
	for _, group := range []string{"prefix/node-1/kubepods/a", "prefix/node-2", "other"} {
		if err := os.MkdirAll(filepath.Join(hierarchy, group), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l := Layout{Hierarchies: []string{hierarchy, filepath.Join(hierarchy, "absent")}}
	if err := l.Remove("prefix"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(hierarchy)
	if err != nil || len(left) != 1 || left[0].Name() != "other" {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestContainer(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for text, want := range map[string]string{
		"9:name=systemd:/tlk1/node-1/kubepods/burstable/pod1-2/" + id + "\n0::/\n": id,
		"0::/tlk1/node-1/kubepods/pod1-2/" + id + "\n":                             id,
		"0::/tlk1/node-1/kubepods/pod1-2\n":                                        "",
		"0::/user.slice/" + id + "\n":                                              "",
		"":                                                                         "",
	} {
		if got := Container(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
