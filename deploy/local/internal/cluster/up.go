package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"trackercluster/deploy/local/internal/arguments"
	"trackercluster/deploy/local/internal/images"
	"trackercluster/deploy/local/internal/pki"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/probe"
	"trackercluster/deploy/local/internal/render"
	"trackercluster/deploy/local/internal/settings"
	"trackercluster/deploy/local/internal/state"
)

// defaultNodes is a cluster of which one node may fail.
const defaultNodes = 3

// Up makes everything as it should be: it starts what is missing and leaves
// alone what runs, so it may be called again at any time.
func (c Cluster) Up(r arguments.Up) error {
	begin := time.Now()
	if err := unfit(probe.Missing()); err != nil {
		return err
	}
	if err := c.refuseForeign(); err != nil {
		return err
	}
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	s, err := c.prepare(r)
	if err != nil {
		return err
	}
	// Before anything starts that changes them.
	values, err := settings.Read(settings.Kubelet)
	if err != nil {
		return err
	}
	if err := c.keeper().Remember(c.Dir, values); err != nil {
		return err
	}
	changed, err := c.start(s)
	if err != nil {
		return err
	}
	// The state as start has left it.
	if s, err = c.running(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.Wait)
	defer cancel()
	if err := c.awaitReady(ctx, s, begin); err != nil {
		return err
	}
	if !changed {
		c.say("already up: %d nodes, KUBECONFIG=%s", s.Nodes, c.HostKubeconfig())
		return nil
	}
	c.say("up in %.1f s: %d nodes, KUBECONFIG=%s", time.Since(begin).Seconds(), s.Nodes, c.HostKubeconfig())
	return nil
}

// unfit is an error when a machine has problems.
func unfit(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return errors.New("this machine cannot run a cluster:\n  " + strings.Join(problems, "\n  "))
}

// prepare finds the cluster's state or, where there is none, checks the machine and makes one.
func (c Cluster) prepare(r arguments.Up) (state.State, error) {
	s, ok, err := state.Load(c.Cluster)
	if err != nil {
		return state.State{}, err
	}
	if ok {
		if r.Fast && !s.Fast {
			return state.State{}, errors.New("the cluster is up with Kubernetes' default timings, which cannot be changed: run `local-kubernetes down` first")
		}
		if r.Nodes > s.Nodes {
			s.Nodes = r.Nodes
			return s, state.Save(c.Cluster, s)
		}
		return s, nil
	}
	// Left from before a restart of the machine, or by a crash.
	if err := c.removeAll(keepLock); err != nil {
		return state.State{}, err
	}
	if err := unfit(probe.Try(c.Dir)); err != nil {
		return state.State{}, errors.Join(err, c.removeFiles(), os.Remove(c.Dir))
	}
	boot, err := state.BootID()
	if err != nil {
		return state.State{}, err
	}
	s = state.State{BootID: boot, Fast: r.Fast, Nodes: r.Nodes}
	if s.Nodes == 0 {
		s.Nodes = defaultNodes
	}
	return s, state.Save(c.Cluster, s)
}

// start makes and starts what is not there; changed says whether it had to.
func (c Cluster) start(s state.State) (changed bool, err error) {
	listening, err := c.forwardAPI(&s)
	if err != nil {
		return false, err
	}
	if err := pki.WriteFiles(c.Cluster, s.APIAddress, time.Now()); err != nil {
		return false, err
	}
	if err := c.storePause(); err != nil {
		return false, err
	}
	wired, err := c.wire(&s)
	if err != nil {
		return false, err
	}
	changed = listening || wired
	for _, m := range plan.Machines(s.Nodes) {
		started, err := c.boot(m)
		if err != nil {
			return changed, err
		}
		healed, err := c.heal(m)
		if err != nil {
			return changed, err
		}
		changed = changed || started || healed
	}
	return changed, nil
}

// storePause puts the image of the pods' first process into the store. The
// program lies beside our own: build.sh makes both.
func (c Cluster) storePause() error {
	archive := images.Archive(c.Cluster, render.PauseImage)
	if _, err := os.Stat(archive); err == nil {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	program, err := os.ReadFile(filepath.Join(filepath.Dir(self), "pause"))
	if err != nil {
		return fmt.Errorf("the program `pause` must lie beside %s, as build.sh leaves it: %w", self, err)
	}
	if err := os.MkdirAll(c.Images(), 0o755); err != nil {
		return err
	}
	content, err := images.Single(render.PauseImage, "pause", program)
	if err != nil {
		return err
	}
	return state.WriteFile(archive, content, 0o644)
}
