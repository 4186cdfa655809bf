package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"trackercluster/deploy/local/internal/images"
	"trackercluster/deploy/local/internal/pki"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/probe"
	"trackercluster/deploy/local/internal/render"
	"trackercluster/deploy/local/internal/state"
)

// Options are what a person may choose at `up`.
type Options struct {
	// Nodes is how many nodes are wanted; 0 means those that are there, or 3.
	Nodes int
	// Fast shortens the time until a lost node is noticed.
	Fast bool
	// Wait bounds the time until all nodes are ready.
	Wait time.Duration
}

// defaultNodes is a cluster of which one node may fail.
const defaultNodes = 3

// kubeletSettings are set by the kubelet for the whole machine.
var kubeletSettings = []string{
	"/proc/sys/vm/overcommit_memory",
	"/proc/sys/vm/panic_on_oom",
	"/proc/sys/kernel/panic",
	"/proc/sys/kernel/panic_on_oops",
	"/proc/sys/kernel/keys/root_maxkeys",
	"/proc/sys/kernel/keys/root_maxbytes",
}

// Up makes everything as it should be: it starts what is missing and leaves
// alone what runs, so it may be called again at any time.
func (c Cluster) Up(options Options) error {
	begin := time.Now()
	if options.Nodes < 0 || options.Nodes > plan.MaxNodes {
		return fmt.Errorf("--nodes %d: from 1 to %d nodes are possible", options.Nodes, plan.MaxNodes)
	}
	if err := c.refuseForeign(); err != nil {
		return err
	}
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	s, err := c.prepare(options)
	if err != nil {
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
	ctx, cancel := context.WithTimeout(context.Background(), options.Wait)
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

// prepare finds the cluster's state or, where there is none, checks the machine and makes one.
func (c Cluster) prepare(options Options) (state.State, error) {
	s, ok, err := state.Load(c.Cluster)
	if err != nil {
		return state.State{}, err
	}
	if ok {
		if options.Fast != s.Fast {
			return state.State{}, fmt.Errorf("the cluster is up with fast=%t, which cannot be changed: run `local-kubernetes down` first", s.Fast)
		}
		if options.Nodes > s.Nodes {
			s.Nodes = options.Nodes
			return s, state.Save(c.Cluster, s)
		}
		return s, nil
	}
	// Left from before a restart of the machine, or by a crash.
	if err := c.removeAll(state.State{}, keepLock); err != nil {
		return state.State{}, err
	}
	if problems := probe.Missing(c.Dir); len(problems) > 0 {
		return state.State{}, errors.Join(errors.New("this machine cannot run a cluster"),
			errors.New("  "+strings.Join(problems, "\n  ")), c.removeFiles(), os.Remove(c.Dir))
	}
	boot, err := state.BootID()
	if err != nil {
		return state.State{}, err
	}
	s = state.State{BootID: boot, Fast: options.Fast, Nodes: options.Nodes, Restore: map[string]string{}}
	if s.Nodes == 0 {
		s.Nodes = defaultNodes
	}
	for _, file := range kubeletSettings {
		value, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return state.State{}, err
		}
		s.Restore[file] = string(value)
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
		started, err := c.boot(&s, m)
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
