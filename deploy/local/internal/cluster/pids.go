package cluster

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// Processes lists everything that runs on the machines: machine, process id as
// the host sees it, resident memory in KiB, NAMESPACE/POD/CONTAINER or -, command.
func (c Cluster) Processes() error {
	s, err := c.running()
	if err != nil {
		return err
	}
	names := c.containerNames()
	pids, err := allPIDs()
	if err != nil {
		return err
	}
	inits := map[int]plan.Machine{}
	for _, m := range plan.Machines(s.Nodes) {
		process, err := c.init(m)
		if err != nil {
			return err
		}
		if process.Alive() {
			inits[process.PID] = m
		}
	}
	for _, pid := range pids {
		m, ok := machineOf(pid, inits)
		if !ok {
			continue
		}
		command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || len(command) == 0 {
			continue // ended meanwhile
		}
		name := names[containerOf(pid)]
		if name == "" {
			name = "-"
		}
		line := strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))
		c.say("%s\t%d\t%d\t%s\t%s", m.Name(), pid, residentKiB(pid), name, line)
	}
	return nil
}

// containerNames asks which container belongs to which pod. Without an answer
// the list of processes is still of use.
func (c Cluster) containerNames() map[string]string {
	client, err := c.client()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	pods, err := client.CoreV1().Pods(meta.NamespaceAll).List(ctx, meta.ListOptions{})
	if err != nil {
		return nil
	}
	names := map[string]string{}
	for _, pod := range pods.Items {
		for _, status := range slices.Concat(pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses) {
			if _, id, found := strings.Cut(status.ContainerID, "://"); found {
				names[id] = pod.Namespace + "/" + pod.Name + "/" + status.Name
			}
		}
	}
	return names
}

// machineOf climbs from a process to the machine's init it descends from.
func machineOf(pid int, inits map[int]plan.Machine) (plan.Machine, bool) {
	for pid > 1 {
		if m, ok := inits[pid]; ok {
			return m, true
		}
		parent, err := state.ParentOf(pid)
		if err != nil {
			return 0, false
		}
		pid = parent
	}
	return 0, false
}

func residentKiB(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return pages * os.Getpagesize() / 1024
}
