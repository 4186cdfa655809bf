// Package settings puts back what clusters change for the whole machine. The
// kubelet sets some of the kernel's settings; when several clusters run, the
// last one to go restores what was there before the first.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"trackercluster/deploy/local/internal/state"
)

// Directory is where the record lies by default; a restart of the machine
// empties it, and with it goes what there was to restore.
const Directory = "/run"

// Kubelet lists the files that the kubelet writes at its start.
var Kubelet = []string{
	"/proc/sys/vm/overcommit_memory",
	"/proc/sys/vm/panic_on_oom",
	"/proc/sys/kernel/panic",
	"/proc/sys/kernel/panic_on_oops",
	"/proc/sys/kernel/keys/root_maxkeys",
	"/proc/sys/kernel/keys/root_maxbytes",
}

// Keeper remembers settings for clusters, which it knows by their directories.
type Keeper struct {
	// Directory holds the record.
	Directory string
	// Alive says whether another cluster is still there.
	Alive func(cluster string) bool
}

// record is what was there before the first cluster.
type record struct {
	Clusters []string          `json:"clusters"`
	Values   map[string]string `json:"values"`
}

// Read gives the present contents of files; what this kernel does not have is left out.
func Read(files []string) (map[string]string, error) {
	values := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		values[file] = string(content)
	}
	return values, nil
}

// Remember keeps the values, to be written to the files when the cluster and
// all others have gone. A file that is in the record already stays as it is there.
func (k Keeper) Remember(cluster string, values map[string]string) error {
	return k.change(func(r *record) error {
		r.Clusters = slices.DeleteFunc(r.Clusters, func(other string) bool { return other == cluster || !k.Alive(other) })
		r.Clusters = append(r.Clusters, cluster)
		merged := maps.Clone(values)
		maps.Copy(merged, r.Values)
		r.Values = merged
		return nil
	})
}

// Forget restores what is remembered, if no other cluster is there.
func (k Keeper) Forget(cluster string) error {
	return k.change(func(r *record) error {
		r.Clusters = slices.DeleteFunc(r.Clusters, func(other string) bool { return other == cluster || !k.Alive(other) })
		if len(r.Clusters) > 0 {
			return nil
		}
		for file, value := range r.Values {
			if err := os.WriteFile(file, []byte(value), 0); err != nil {
				return fmt.Errorf("restore a setting of the machine: %w", err)
			}
		}
		r.Values = nil
		return nil
	})
}

// change reads the record, lets f change it and writes it; an empty one is removed.
func (k Keeper) change(f func(*record) error) error {
	file := filepath.Join(k.Directory, "local-kubernetes.json")
	lock := filepath.Join(k.Directory, "local-kubernetes.lock")
	unlock, err := state.Lock(lock, func() {})
	if err != nil {
		return err
	}
	defer unlock()
	defer os.Remove(lock)
	var r record
	content, err := os.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(content, &r); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := f(&r); err != nil {
		return err
	}
	if len(r.Clusters) == 0 {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	if content, err = json.Marshal(r); err != nil {
		return err
	}
	return state.WriteFile(file, content, 0o644)
}
