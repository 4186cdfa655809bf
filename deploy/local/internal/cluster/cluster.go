// Package cluster brings a cluster up, looks at it, breaks and mends its parts
// and takes it down without a trace.
package cluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/settings"
	"trackercluster/deploy/local/internal/state"
)

// ErrDown is returned by commands that need a running cluster.
var ErrDown = errors.New("the cluster is not up: run `local-kubernetes up`")

// Cluster is one cluster, running or not.
type Cluster struct {
	plan.Cluster
	// Out gets what a command has to tell.
	Out io.Writer
}

// New is the cluster whose state lies in dir, or, when dir is empty, in the user's cache.
func New(dir string, out io.Writer) (Cluster, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = "/var/tmp" // a user without a home
		}
		dir = filepath.Join(cache, "trackercluster", "local-kubernetes")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Cluster{}, err
	}
	// Every machine covers these with its own.
	for _, covered := range []string{"/run", "/var/run", "/proc", "/sys", "/var/lib", "/var/log"} {
		if dir == covered || strings.HasPrefix(dir, covered+"/") {
			return Cluster{}, fmt.Errorf("the cluster's directory cannot lie under %s: choose another with TRACKER_LOCAL_KUBERNETES_DIR", covered)
		}
	}
	return Cluster{Cluster: plan.New(dir), Out: out}, nil
}

// say tells the person something.
func (c Cluster) say(format string, values ...any) { fmt.Fprintf(c.Out, format+"\n", values...) }

// lock keeps other commands from changing the cluster at the same time.
func (c Cluster) lock() (unlock func(), err error) {
	return state.Lock(c.LockFile(), func() { c.say("waiting for another local-kubernetes command to end") })
}

// running is the state of a cluster that is up, or ErrDown.
func (c Cluster) running() (state.State, error) {
	s, ok, err := state.Load(c.Cluster)
	if err == nil && !ok {
		err = ErrDown
	}
	return s, err
}

// change is running, with the lock taken.
func (c Cluster) change() (s state.State, unlock func(), err error) {
	// Not with a lock file in a directory that no cluster has.
	if _, err := c.running(); err != nil {
		return state.State{}, nil, err
	}
	unlock, err = c.lock()
	if err != nil {
		return state.State{}, nil, err
	}
	if s, err = c.running(); err != nil {
		unlock()
		return state.State{}, nil, err
	}
	return s, unlock, nil
}

// keeper remembers the machine's settings for this cluster and others.
func (c Cluster) keeper() settings.Keeper {
	return settings.Keeper{Directory: settings.Directory, Alive: func(dir string) bool {
		_, up, err := state.Load(plan.New(dir))
		return err == nil && up
	}}
}

// init is the first process of a machine; it may be dead or never have been.
func (c Cluster) init(m plan.Machine) (state.Process, error) { return state.ReadProcess(c.InitFile(m)) }

// entries are all names that a cluster makes in its directory.
var entries = []string{
	"forwards", "images", "kubeconfig", "kubeconfigs", "lock", "machines", "pki", "state.json", "state.json.new", "volumes",
}

// refuseForeign protects a directory that holds something else.
func (c Cluster) refuseForeign() error {
	found, err := os.ReadDir(c.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range found {
		if !slices.Contains(entries, entry.Name()) {
			return fmt.Errorf("%s holds %s, which is no part of a cluster: choose an empty directory", c.Dir, entry.Name())
		}
	}
	return nil
}

// Running is ErrDown when the cluster is not up.
func (c Cluster) Running() error {
	_, err := c.running()
	return err
}
