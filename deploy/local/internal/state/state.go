// Package state is what a cluster remembers in its directory: settings, the
// processes it started, and a lock.
package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"trackercluster/deploy/local/internal/plan"
)

// State is what the cluster must know after the command that made it has ended.
type State struct {
	// BootID tells a running cluster from what is left after a restart of the machine.
	BootID string `json:"bootId"`
	// Fast means short times until a lost node is noticed.
	Fast bool `json:"fast"`
	// Nodes counts the nodes asked for.
	Nodes int `json:"nodes"`
	// Wired counts the machines, control plane first, whose network is complete.
	Wired int `json:"wired"`
	// APIAddress is where the host reaches the API server.
	APIAddress string `json:"apiAddress"`
}

// Load reads the state; ok is false when there is none, or when it is of an
// earlier boot and so describes nothing that exists.
func Load(c plan.Cluster) (s State, ok bool, err error) {
	text, err := os.ReadFile(c.StateFile())
	if errors.Is(err, os.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return State{}, false, fmt.Errorf("%s: %w", c.StateFile(), err)
	}
	boot, err := BootID()
	if err != nil {
		return State{}, false, err
	}
	return s, s.BootID == boot, nil
}

// Save writes the state so that a crash leaves the old or the new one.
func Save(c plan.Cluster, s State) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(c.StateFile(), append(text, '\n'), 0o600)
}

// BootID is different after each start of the machine.
func BootID() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}

// WriteFile writes a whole file or leaves the old one.
func WriteFile(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, mode); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
