// Package probe finds out what a machine lacks to run a cluster, before
// anything is changed.
package probe

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"trackercluster/deploy/local/internal/cgroup"
	"trackercluster/deploy/local/internal/render"
)

// programs are what has to be in the PATH, with the Debian package that brings it.
var programs = []struct{ name, pack string }{
	{"containerd", "containerd"},
	{"containerd-shim-runc-v2", "containerd"},
	{"ctr", "containerd"},
	{"runc", "runc"},
	{"ip", "iproute2"},
	{"iptables", "iptables"},
	{"iptables-restore", "iptables"},
	{"iptables-save", "iptables"},
	{"conntrack", "conntrack"},
	{"mount", "mount"},
	{"umount", "mount"},
	{"nsenter", "util-linux"},
}

// plugins are the network plugins that every node uses.
var plugins = []string{"bridge", "host-local", "loopback", "portmap"}

// Missing lists, in sentences for people, what is not there: programs, rights
// and control groups. It only looks.
func Missing() []string {
	problems := packages()
	if os.Geteuid() != 0 {
		problems = append(problems, "not root: network namespaces, mounts and control groups need it (use sudo)")
	}
	return append(problems, controlGroups()...)
}

func packages() []string {
	var problems, packs []string
	for _, p := range programs {
		if _, err := exec.LookPath(p.name); err != nil {
			problems = append(problems, fmt.Sprintf("the program %s is missing (Debian package %s)", p.name, p.pack))
			packs = append(packs, p.pack)
		}
	}
	for _, plugin := range plugins {
		path := filepath.Join(render.CNIBinaries, plugin)
		if _, err := os.Stat(path); err != nil {
			problems = append(problems, fmt.Sprintf("the network plugin %s is missing (Debian package containernetworking-plugins)", path))
			packs = append(packs, "containernetworking-plugins")
		}
	}
	if len(packs) > 0 {
		slices.Sort(packs)
		problems = append(problems, "to install: apt-get install --no-install-recommends "+strings.Join(slices.Compact(packs), " "))
	}
	return problems
}

func controlGroups() []string {
	layout, err := cgroup.Read()
	if err != nil {
		return []string{fmt.Sprintf("control groups cannot be read: %v", err)}
	}
	if missing := layout.MissingControllers(); len(missing) > 0 {
		return []string{"control groups lack the controllers " + strings.Join(missing, ", ") + " under " + cgroup.Root}
	}
	return nil
}
