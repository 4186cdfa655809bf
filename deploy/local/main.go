// Local-kubernetes is a real Kubernetes of several nodes on one bare machine:
// one program that is each of its parts, and the commands that run them all.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"

	"trackercluster/deploy/local/internal/arguments"
	"trackercluster/deploy/local/internal/command"
)

// Before main, on the thread the process began with: other threads change their
// network namespace, this one must not, as it stands for the whole process.
func init() { runtime.LockOSThread() }

func main() {
	err := command.Run(os.Args[1:], os.Stdout, os.Stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "local-kubernetes:", err)
	if errors.Is(err, arguments.ErrUnclear) {
		os.Exit(2)
	}
	os.Exit(1)
}
