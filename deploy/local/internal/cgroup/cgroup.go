// Package cgroup makes and removes the control groups that hold the nodes' pods.
package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Root is where all hierarchies are mounted.
const Root = "/sys/fs/cgroup"

// needed are the controllers without which the kubelet does not start.
var needed = []string{"cpu", "cpuset", "memory", "pids"}

// Layout is how this machine has its control groups.
type Layout struct {
	// Unified is cgroup v2: one hierarchy, mounted at Root.
	Unified bool
	// Hierarchies are the directories under Root that are hierarchies of v1.
	Hierarchies []string
	// others are mounts that hold groups without controllers (v2 beside v1).
	others []string
	// controllers are those that can be used.
	controllers []string
}

// Read looks at what is mounted.
func Read() (Layout, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Layout{}, err
	}
	layout := parse(string(mounts))
	if layout.Unified {
		text, err := os.ReadFile(filepath.Join(Root, "cgroup.controllers"))
		if err != nil {
			return Layout{}, err
		}
		layout.controllers = strings.Fields(string(text))
	}
	return layout, nil
}

// MissingControllers names the needed controllers that this machine does not offer.
func (l Layout) MissingControllers() []string {
	return slices.DeleteFunc(slices.Clone(needed), func(name string) bool { return slices.Contains(l.controllers, name) })
}

// Create makes the group (a path like /prefix/node-1) in every hierarchy. It
// returns what to write back to which file when the group is gone.
func (l Layout) Create(group string) (restore map[string]string, err error) {
	if l.Unified {
		return l.createUnified(group)
	}
	for _, hierarchy := range l.Hierarchies {
		if err := createIn(hierarchy, group); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// Remove takes away a group and all below it. Groups stay busy for a
// moment after their last process ended.
func (l Layout) Remove(group string) error {
	var err error
	for range 250 {
		err = nil
		for _, hierarchy := range slices.Concat(l.Hierarchies, l.others) {
			err = errors.Join(err, removeIn(filepath.Join(hierarchy, group)))
		}
		if err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func createIn(hierarchy, group string) error {
	directory := hierarchy
	for part := range strings.SplitSeq(strings.Trim(group, "/"), "/") {
		parent := directory
		directory = filepath.Join(directory, part)
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return err
		}
		// A new group of the controller cpuset may use nothing until told.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(parent, file))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(directory, file), value, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// createUnified also hands the controllers down, from the root to the group's parent.
func (l Layout) createUnified(group string) (restore map[string]string, err error) {
	directory := Root
	for part := range strings.SplitSeq(strings.Trim(group, "/"), "/") {
		added, err := handDown(directory, l.controllers)
		if err != nil {
			return nil, fmt.Errorf("hand down controllers in %s: %w", directory, err)
		}
		if directory == Root && added != "" {
			restore = map[string]string{filepath.Join(Root, "cgroup.subtree_control"): added}
		}
		directory = filepath.Join(directory, part)
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return nil, err
		}
	}
	return restore, nil
}

// handDown enables the controllers for a group's children and returns what
// would undo it.
func handDown(directory string, controllers []string) (undo string, err error) {
	file := filepath.Join(directory, "cgroup.subtree_control")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var enable, disable []string
	for _, name := range controllers {
		if !slices.Contains(strings.Fields(string(text)), name) {
			enable = append(enable, "+"+name)
			disable = append(disable, "-"+name)
		}
	}
	if len(enable) == 0 {
		return "", nil
	}
	return strings.Join(disable, " "), os.WriteFile(file, []byte(strings.Join(enable, " ")), 0o644)
}

func removeIn(directory string) error {
	entries, err := os.ReadDir(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeIn(filepath.Join(directory, entry.Name())); err != nil {
				return err
			}
		}
	}
	if err := syscall.Rmdir(directory); err != nil && err != syscall.ENOENT {
		return fmt.Errorf("remove %s: %w", directory, err)
	}
	return nil
}

// parse reads /proc/PID/mountinfo.
func parse(mountinfo string) Layout {
	var l Layout
	for line := range strings.Lines(mountinfo) {
		before, after, found := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !found || len(left) < 5 || len(right) < 3 {
			continue
		}
		point, kind, options := left[4], right[0], right[2]
		switch {
		case kind == "cgroup2" && point == Root:
			l.Unified = true
			l.others = append(l.others, point)
		case kind == "cgroup2" && strings.HasPrefix(point, Root+"/"):
			l.others = append(l.others, point)
		case kind == "cgroup" && strings.HasPrefix(point, Root+"/"):
			l.Hierarchies = append(l.Hierarchies, point)
			l.controllers = append(l.controllers, strings.Split(options, ",")...)
		}
	}
	return l
}
