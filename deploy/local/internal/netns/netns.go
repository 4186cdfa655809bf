// Package netns works inside network namespaces other than the program's own.
package netns

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// directory is where `ip netns add` names its namespaces.
const directory = "/run/netns"

// Path is the file that stands for a named namespace.
func Path(name string) string { return filepath.Join(directory, name) }

// Exists says whether a namespace of that name is there.
func Exists(name string) bool {
	var file unix.Statfs_t
	// A left-over empty file is no namespace.
	return unix.Statfs(Path(name), &file) == nil && file.Type == unix.NSFS_MAGIC
}

// WithPrefix lists the names of namespaces, real ones or left-over files, that
// begin with prefix and a dash.
func WithPrefix(prefix string) ([]string, error) {
	entries, err := os.ReadDir(directory)
	if os.IsNotExist(err) {
		return nil, nil
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), prefix+"-") {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// Inside calls f on a thread that is in the namespace. What f opens or starts
// stays there; the thread ends with the call.
func Inside(name string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked, so that no other goroutine gets this thread
		done <- enterAnd(name, f)
	}()
	return <-done
}

func enterAnd(name string, f func() error) error {
	file, err := os.Open(Path(name))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err)
	}
	return f()
}

// RemoveDirectory takes away the mount that `ip netns add` makes, when nothing is left in it.
func RemoveDirectory() error {
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) > 0 {
		return nil
	}
	// Not a mount, or in use: then it is not ours to remove.
	if err := unix.Unmount(directory, 0); err != nil {
		return nil
	}
	return os.Remove(directory)
}
