package cgroup

import "strings"

// idLength is that of containerd's ids.
const idLength = 64

// Container finds the id of a container in a process's list of control groups
// (/proc/PID/cgroup), whose paths are like /prefix/node-1/kubepods/…/podUID/ID.
// It is empty when the process is in none.
func Container(groups string) string {
	for line := range strings.Lines(groups) {
		_, path, found := strings.Cut(strings.TrimSpace(line), "/kubepods/")
		if !found {
			continue
		}
		parts := strings.Split(path, "/")
		if last := parts[len(parts)-1]; len(last) == idLength {
			return last
		}
	}
	return ""
}
