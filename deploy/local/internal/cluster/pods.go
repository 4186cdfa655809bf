package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"trackercluster/deploy/local/internal/arguments"
	"trackercluster/deploy/local/internal/cgroup"
	"trackercluster/deploy/local/internal/state"
)

// askTimeout bounds a question to an API server that may be cut off or dead.
const askTimeout = 3 * time.Second

// KillPodProcess ends the first process of a pod's container with a signal, from
// outside: as a crash does, and also where the image holds no `kill`.
func (c Cluster) KillPodProcess(r arguments.KillPodProcess) error {
	if _, err := c.running(); err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	found, err := client.CoreV1().Pods(r.Namespace).Get(ctx, r.Pod, meta.GetOptions{})
	if err != nil {
		return err
	}
	for _, status := range slices.Concat(found.Status.ContainerStatuses, found.Status.InitContainerStatuses) {
		if status.Name != r.Container {
			continue
		}
		_, id, _ := strings.Cut(status.ContainerID, "://")
		pid, err := firstProcess(id)
		if err != nil {
			return fmt.Errorf("container %s of pod %s/%s: %w", r.Container, r.Namespace, r.Pod, err)
		}
		if err := syscall.Kill(pid, r.Signal); err != nil {
			return err
		}
		c.say("%s/%s/%s: process %d got signal %d", r.Namespace, r.Pod, r.Container, pid, r.Signal)
		return nil
	}
	return fmt.Errorf("pod %s/%s has no container %q that was started", r.Namespace, r.Pod, r.Container)
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

// containerOf is the id of the container a process is in, or empty.
func containerOf(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return ""
	}
	return cgroup.Container(string(text))
}
