package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// askTimeout bounds a question to an API server that may be cut off or dead.
const askTimeout = 3 * time.Second

// KillPodProcess ends the first process of a pod's container with a signal, from
// outside: as a crash does, and also where the image holds no `kill`.
func (c Cluster) KillPodProcess(namespace, pod, container string, signal syscall.Signal) error {
	if _, err := c.running(); err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	found, err := client.CoreV1().Pods(namespace).Get(ctx, pod, meta.GetOptions{})
	if err != nil {
		return err
	}
	for _, status := range slices.Concat(found.Status.ContainerStatuses, found.Status.InitContainerStatuses) {
		if status.Name != container {
			continue
		}
		_, id, _ := strings.Cut(status.ContainerID, "://")
		pid, err := firstProcess(id)
		if err != nil {
			return fmt.Errorf("container %s of pod %s/%s: %w", container, namespace, pod, err)
		}
		if err := syscall.Kill(pid, signal); err != nil {
			return err
		}
		c.say("%s/%s/%s: process %d got signal %d", namespace, pod, container, pid, signal)
		return nil
	}
	return fmt.Errorf("pod %s/%s has no container %q that was started", namespace, pod, container)
}

// firstProcess is the process of a container whose parent is not of the same container.
func firstProcess(containerID string) (int, error) {
	if containerID == "" {
		return 0, errors.New("it was not started yet")
	}
	pids, err := allPIDs()
	if err != nil {
		return 0, err
	}
	for _, pid := range pids {
		if containerOf(pid) != containerID {
			continue
		}
		if parent, err := state.ParentOf(pid); err == nil && containerOf(parent) != containerID {
			return pid, nil
		}
	}
	return 0, errors.New("it does not run")
}

// containerOf reads the id of the container a process is in from the name of
// its control group, the last part of /prefix/node-1/kubepods/…/pod…/ID.
func containerOf(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return ""
	}
	return containerIn(string(text))
}

func containerIn(cgroups string) string {
	for line := range strings.Lines(cgroups) {
		_, path, found := strings.Cut(strings.TrimSpace(line), "/kubepods/")
		if !found {
			continue
		}
		parts := strings.Split(path, "/")
		if last := parts[len(parts)-1]; len(last) == 64 {
			return last
		}
	}
	return ""
}

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

// Exec becomes a program that runs on a machine, in all its namespaces.
func (c Cluster) Exec(name string, command []string) error {
	s, err := c.running()
	if err != nil {
		return err
	}
	m, err := plan.ParseMachine(name, s.Nodes)
	if err != nil {
		return err
	}
	process, err := c.init(m)
	if err != nil {
		return err
	}
	if !process.Alive() {
		return fmt.Errorf("%s does not run", m.Name())
	}
	nsenter, err := exec.LookPath("nsenter")
	if err != nil {
		return errors.New("the program nsenter is missing (Debian package util-linux)")
	}
	arguments := []string{"nsenter", "--target", strconv.Itoa(process.PID), "--net", "--mount", "--pid", "--uts", "--wd=/", "--"}
	return syscall.Exec(nsenter, append(arguments, command...), os.Environ())
}
