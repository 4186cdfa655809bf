// Package arguments reads the command line into a request. It does nothing else,
// so that what a command line means can be tested without a machine.
package arguments

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"trackercluster/deploy/local/internal/forward"
	"trackercluster/deploy/local/internal/plan"
)

// The requests. Each is what one command was told.
type (
	// Help prints the usage.
	Help struct{}
	// Up makes the cluster or what it lacks.
	Up struct {
		// Nodes is 0 when nothing was said.
		Nodes int
		Fast  bool
		// Wait bounds the time until all is ready.
		Wait time.Duration
	}
	// Down takes the cluster away.
	Down struct{}
	// Status tells how the machines are.
	Status struct{}
	// Kubeconfig prints the path of the file.
	Kubeconfig struct{}
	// PIDs lists the processes.
	PIDs struct{}
	// Load puts images on all nodes.
	Load struct {
		Images []string
		Driver string
	}
	// Kubectl is the usual client, with all that follows it.
	Kubectl struct{ Arguments []string }
	// Forward passes connections on.
	Forward struct {
		Listen   string
		To       forward.Target
		UntilEOF bool
	}
	// Node does something to a machine.
	Node struct{ Verb, Name string }
	// KillProcess ends a component of a machine.
	KillProcess struct {
		Machine, Component string
		Hold               bool
	}
	// ReleaseProcess lets a held component run again.
	ReleaseProcess struct{ Machine, Component string }
	// KillPodProcess signals the first process of a container.
	KillPodProcess struct {
		Namespace, Pod, Container string
		Signal                    syscall.Signal
	}
	// Exec runs a command on a machine.
	Exec struct {
		Machine string
		Command []string
	}
)

// ErrUnclear is a command line that says nothing sensible.
var ErrUnclear = errors.New("see `local-kubernetes help`")

// nodeVerbs are what can be done to a machine as a whole.
var nodeVerbs = []string{"cut", "heal", "kill", "start"}

// Parse reads the arguments after the program's name. flag.ErrHelp means that
// a command's flags were asked for and printed to errOut.
func Parse(arguments []string, errOut io.Writer) (request any, err error) {
	if len(arguments) == 0 {
		return nil, fmt.Errorf("what shall I do? %w", ErrUnclear)
	}
	name, rest := arguments[0], arguments[1:]
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(errOut)
	switch name {
	case "help", "-h", "--help":
		return Help{}, nil
	case "up":
		return parseUp(flags, rest)
	case "down":
		return Down{}, parse(flags, rest)
	case "status":
		return Status{}, parse(flags, rest)
	case "kubeconfig":
		return Kubeconfig{}, parse(flags, rest)
	case "pids":
		return PIDs{}, parse(flags, rest)
	case "load":
		return parseLoad(flags, rest)
	case "kubectl":
		return Kubectl{rest}, nil
	case "forward":
		return parseForward(flags, rest)
	case "node":
		return parseNode(flags, rest)
	case "kill-pod-process":
		r := KillPodProcess{Signal: syscall.SIGKILL}
		flags.IntVar((*int)(&r.Signal), "signal", int(r.Signal), "number of the signal")
		return wrap(&r, parse(flags, rest, &r.Namespace, &r.Pod, &r.Container))
	case "exec":
		return parseExec(rest)
	}
	return nil, fmt.Errorf("there is no command %q; %w", name, ErrUnclear)
}

func parseUp(flags *flag.FlagSet, arguments []string) (any, error) {
	var r Up
	flags.IntVar(&r.Nodes, "nodes", 0, "how many nodes; a running cluster can grow")
	flags.BoolVar(&r.Fast, "fast", false, "notice a lost node in 8 s and not in 50 s")
	flags.DurationVar(&r.Wait, "wait", 5*time.Minute, "give up after this time")
	if err := parse(flags, arguments); err != nil {
		return nil, err
	}
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == "nodes" })
	if given && (r.Nodes < 1 || r.Nodes > plan.MaxNodes) {
		return nil, fmt.Errorf("up: --nodes %d: there can be from 1 to %d nodes", r.Nodes, plan.MaxNodes)
	}
	return r, nil
}

func parseLoad(flags *flag.FlagSet, arguments []string) (any, error) {
	var r Load
	flags.StringVar(&r.Driver, "storage-driver", "", "where buildah has the images (without: its own choice, then vfs)")
	var err error
	if r.Images, err = names(flags, arguments); err != nil {
		return nil, err
	}
	if len(r.Images) == 0 {
		return nil, fmt.Errorf("load: which image? %w", ErrUnclear)
	}
	return r, nil
}

func parseForward(flags *flag.FlagSet, arguments []string) (any, error) {
	var r Forward
	flags.StringVar(&r.Listen, "listen", "127.0.0.1:0", "address on the host; port 0 takes a free one")
	to := flags.String("to", "", "IP:PORT, svc/NAMESPACE/NAME:PORT or pod/NAMESPACE/NAME:PORT")
	flags.BoolVar(&r.UntilEOF, "until-eof", false, "end when standard input does, so also when the caller dies")
	if err := parse(flags, arguments); err != nil {
		return nil, err
	}
	var err error
	if r.To, err = forward.ParseTarget(*to); err != nil {
		return nil, fmt.Errorf("forward: --to: %w", err)
	}
	return r, nil
}

func parseNode(flags *flag.FlagSet, arguments []string) (any, error) {
	if len(arguments) == 0 {
		return nil, fmt.Errorf("node: what shall I do to it? %w", ErrUnclear)
	}
	verb, rest := arguments[0], arguments[1:]
	switch {
	case slices.Contains(nodeVerbs, verb):
		r := Node{Verb: verb}
		return wrap(&r, parse(flags, rest, &r.Name))
	case verb == "kill-process":
		var r KillProcess
		flags.BoolVar(&r.Hold, "hold", false, "do not start it again before release-process")
		return wrap(&r, parse(flags, rest, &r.Machine, &r.Component))
	case verb == "release-process":
		var r ReleaseProcess
		return wrap(&r, parse(flags, rest, &r.Machine, &r.Component))
	}
	return nil, fmt.Errorf("node: nothing is called %q; %w", verb, ErrUnclear)
}

// parseExec takes everything after the machine's name as it is; `--` may stand between.
func parseExec(arguments []string) (any, error) {
	if len(arguments) > 1 && arguments[1] == "--" {
		arguments = slices.Concat(arguments[:1], arguments[2:])
	}
	if len(arguments) < 2 {
		return nil, fmt.Errorf("exec: give a machine and a command; %w", ErrUnclear)
	}
	return Exec{Machine: arguments[0], Command: arguments[1:]}, nil
}

// parse reads flags and as many names as there are places for them.
func parse(flags *flag.FlagSet, arguments []string, places ...*string) error {
	found, err := names(flags, arguments)
	if err != nil {
		return err
	}
	if len(found) != len(places) {
		return fmt.Errorf("%s: %d names are needed, not %d (%s); %w", flags.Name(), len(places), len(found), strings.Join(found, " "), ErrUnclear)
	}
	for i, name := range found {
		*places[i] = name
	}
	return nil
}

// names reads flags that stand before, between or after the names.
func names(flags *flag.FlagSet, arguments []string) (found []string, err error) {
	for {
		if err := flags.Parse(arguments); err != nil {
			return nil, fmt.Errorf("%s: %w", flags.Name(), err)
		}
		if flags.NArg() == 0 {
			return found, nil
		}
		found = append(found, flags.Arg(0))
		arguments = flags.Args()[1:]
	}
}

// wrap gives the request that parse has filled.
func wrap[T any](r *T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return *r, nil
}
