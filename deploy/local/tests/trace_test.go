package tests

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"trackercluster/deploy/local/internal/settings"
)

// traces lists everything on the machine that belongs to the cluster.
func (p *program) traces() []string {
	p.t.Helper()
	var found []string
	note := func(kind, what string) { found = append(found, kind+" "+what) }

	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, process := range processes {
		line, _ := os.ReadFile(filepath.Join(process, "cmdline")) // may end meanwhile
		group, _ := os.ReadFile(filepath.Join(process, "cgroup"))
		if p.names(string(line)) || p.names(string(group)) {
			note("process", strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if p.names(line) {
			note("mount", line)
		}
	}
	for _, pattern := range []string{"/run/netns/*", "/run/local-kubernetes*", "/sys/fs/cgroup/*", "/sys/fs/cgroup/*/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, file := range files {
			content := ""
			if strings.HasSuffix(file, ".json") {
				text, err := os.ReadFile(file)
				if err != nil {
					p.t.Fatal(err)
				}
				content = string(text)
			}
			if p.names(file) || p.names(content) {
				note("file", file)
			}
		}
	}
	if _, err := os.Stat(p.plan.Dir); err == nil {
		note("directory", p.plan.Dir)
	}
	return found
}

func (p *program) names(text string) bool {
	return strings.Contains(text, p.plan.Prefix) || strings.Contains(text, p.plan.Dir)
}

// host is what of the machine no cluster may change.
func host(t *testing.T) map[string]string {
	t.Helper()
	state := map[string]string{}
	for _, line := range []string{"iptables-save", "ip -o addr", "ip route", "ip rule"} {
		fields := strings.Fields(line)
		out, err := exec.Command(fields[0], fields[1:]...).Output()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		state[line] = withoutCounters(string(out))
	}
	values, err := settings.Read([]string{"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/bridge/bridge-nf-call-iptables", "/proc/sys/net/netfilter/nf_conntrack_max"})
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(state, values)
	// While another cluster is up, the kubelet's settings are not ours to put back.
	if _, err := os.Stat("/run/local-kubernetes.json"); os.IsNotExist(err) {
		if values, err = settings.Read(settings.Kubelet); err != nil {
			t.Fatal(err)
		}
		maps.Copy(state, values)
	}
	return state
}

// withoutCounters leaves out the comments of iptables-save, which hold times.
func withoutCounters(text string) string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.HasPrefix(line, "#") })
	return strings.Join(lines, "\n")
}

func (p *program) expectNoTraces(before map[string]string) {
	p.t.Helper()
	if found := p.traces(); len(found) > 0 {
		p.t.Errorf("left behind:\n  %s", strings.Join(found, "\n  "))
	}
	after := host(p.t)
	for what, was := range before {
		if is, ok := after[what]; ok && is != was {
			p.t.Errorf("%s is changed:\n%s", what, difference(was, is))
		}
	}
}

func difference(before, after string) string {
	return fmt.Sprintf("before: %s\nafter:  %s", before, after)
}
