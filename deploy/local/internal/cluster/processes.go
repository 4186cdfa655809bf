package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/state"
)

// allPIDs lists the processes of the whole machine, those in namespaces included.
func allPIDs() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// inNamespaces finds the processes in the cluster's network namespaces.
func (c Cluster) inNamespaces() ([]state.Process, error) {
	names, err := netns.WithPrefix(c.Prefix)
	if err != nil {
		return nil, err
	}
	ours := map[uint64]bool{}
	for _, name := range names {
		var stat unix.Stat_t
		if netns.Exists(name) && unix.Stat(netns.Path(name), &stat) == nil {
			ours[stat.Ino] = true
		}
	}
	if len(ours) == 0 {
		return nil, nil
	}
	pids, err := allPIDs()
	if err != nil {
		return nil, err
	}
	var found []state.Process
	for _, pid := range pids {
		var stat unix.Stat_t
		// A process that ends meanwhile is none.
		if unix.Stat(filepath.Join("/proc", strconv.Itoa(pid), "ns/net"), &stat) != nil || !ours[stat.Ino] || pid == os.Getpid() {
			continue
		}
		process, err := state.ProcessOf(pid)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, process)
	}
	return found, nil
}
