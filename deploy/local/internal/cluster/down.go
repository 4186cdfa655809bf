package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"trackercluster/deploy/local/internal/cgroup"
	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// keepLock is the one file that stays while the cluster is made anew.
const keepLock = true

// Down takes the cluster away, with all it has stored. Nothing is left:
// processes, namespaces, mounts, control groups, settings, files.
func (c Cluster) Down() error {
	begin := time.Now()
	if err := c.refuseForeign(); err != nil {
		return err
	}
	traces, err := c.traces()
	if err != nil {
		return err
	}
	if !traces {
		c.say("already down")
		return nil
	}
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.removeAll(!keepLock); err != nil {
		return err
	}
	c.say("down in %.1f s", time.Since(begin).Seconds())
	return nil
}

// traces says whether anything of the cluster is there.
func (c Cluster) traces() (bool, error) {
	names, err := netns.WithPrefix(c.Prefix)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(c.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	return err == nil || len(names) > 0, nil
}

func (c Cluster) removeAll(keepLock bool) error {
	if err := c.killProcesses(); err != nil {
		return err
	}
	names, err := netns.WithPrefix(c.Prefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := netns.Delete(name); err != nil {
			return err
		}
	}
	if err := netns.RemoveDirectory(); err != nil {
		return err
	}
	layout, err := cgroup.Read()
	if err != nil {
		return err
	}
	if err := layout.Remove(c.Prefix); err != nil {
		return err
	}
	if err := c.keeper().Forget(c.Dir); err != nil {
		return err
	}
	if keepLock {
		return c.removeFiles("lock")
	}
	if err := c.removeFiles(); err != nil {
		return err
	}
	return os.Remove(c.Dir)
}

// killProcesses ends the machines and forwarders that are remembered, and
// whatever else runs in the cluster's namespaces.
func (c Cluster) killProcesses() error {
	var processes []state.Process
	for _, m := range plan.Machines(plan.MaxNodes) {
		process, err := c.init(m)
		if err != nil {
			return err
		}
		processes = append(processes, process)
	}
	forwards, err := filepath.Glob(filepath.Join(c.Forwards(), "*"))
	if err != nil {
		return err
	}
	for _, file := range forwards {
		process, err := state.ReadProcess(file)
		if err != nil {
			return err
		}
		processes = append(processes, process)
	}
	if err := killAll(processes); err != nil {
		return err
	}
	strays, err := c.inNamespaces()
	if err != nil {
		return err
	}
	return killAll(strays)
}

// killAll kills at once and then waits, so that it takes no longer than the slowest.
func killAll(processes []state.Process) error {
	results := make([]error, len(processes))
	var group sync.WaitGroup
	for i, process := range processes {
		group.Go(func() { results[i] = process.Kill() })
	}
	group.Wait()
	return errors.Join(results...)
}

// removeFiles deletes what the cluster has written, and nothing else that may lie beside it.
func (c Cluster) removeFiles(keep ...string) error {
	results := make([]error, len(entries))
	var group sync.WaitGroup
	for i, name := range entries {
		if len(keep) > 0 && name == keep[0] {
			continue
		}
		group.Go(func() { results[i] = os.RemoveAll(filepath.Join(c.Dir, name)) })
	}
	group.Wait()
	return errors.Join(results...)
}
