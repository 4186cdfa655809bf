// Package command reads the command line and does what it says.
package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"trackercluster/deploy/local/internal/cluster"
	"trackercluster/deploy/local/internal/components"
	"trackercluster/deploy/local/internal/forward"
	"trackercluster/deploy/local/internal/machine"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/probe"
)

const usage = `local-kubernetes: a Kubernetes of several nodes on this machine

  up [--nodes N] [--fast]       make the cluster, or add what it lacks (N is 3)
  down                          take it away, with all it stores
  status                        how its machines are; fails when there is no cluster
  load [--storage-driver D] IMAGE...
                                archives (OCI, Docker) or buildah's images, into every node
  kubeconfig                    print the path of the file for kubectl and helm
  kubectl ...                   the usual client
  forward --listen IP:PORT --to TARGET [--until-eof]
                                pass connections on to IP:PORT, svc/NAMESPACE/NAME:PORT
                                or pod/NAMESPACE/NAME:PORT
  node cut|heal NAME            pull a machine's network cable, plug it in again
  node kill|start NAME          switch a machine off without warning, and on
  node kill-process NAME COMPONENT [--hold]
                                kill -9 a component; it comes back in 1 s, or, with --hold, after:
  node release-process NAME COMPONENT
  kill-pod-process [--signal N] NAMESPACE POD CONTAINER
                                kill -9 the first process of a container
  pids                          machine, process id on the host, KiB, container, command line
  exec NAME COMMAND...          run a command on a machine

NAME is control-plane, node-1, node-2, ...
The cluster lies in the directory TRACKER_LOCAL_KUBERNETES_DIR
(default: trackercluster/local-kubernetes in your cache directory).
`

// Environment names the directory of the cluster.
const Environment = "TRACKER_LOCAL_KUBERNETES_DIR"

// ErrUsage is a command line that says nothing sensible; the message was printed.
var ErrUsage = errors.New("see `local-kubernetes help`")

// Run does what the arguments (without the program's name) say.
func Run(arguments []string, out, errOut io.Writer) error {
	if len(arguments) == 0 {
		fmt.Fprint(errOut, usage)
		return ErrUsage
	}
	name, rest := arguments[0], arguments[1:]
	if done, err := hidden(name, rest, out); done {
		return err
	}
	c, err := cluster.New(os.Getenv(Environment), out)
	if err != nil {
		return err
	}
	switch name {
	case "help", "-h", "--help":
		fmt.Fprint(out, usage)
		return nil
	case "up":
		options, err := parseUp(rest, errOut)
		if err != nil {
			return err
		}
		return c.Up(options)
	case "down":
		return without(rest, c.Down)
	case "status":
		return without(rest, c.Status)
	case "kubeconfig":
		return without(rest, c.PrintKubeconfig)
	case "pids":
		return without(rest, c.Processes)
	case "load":
		return runLoad(c, rest, errOut)
	case "kubectl":
		return kubectl(c, rest)
	case "forward":
		return runForward(c, rest, errOut)
	case "node":
		return runNode(c, rest, errOut)
	case "kill-pod-process":
		return runKillPodProcess(c, rest, errOut)
	case "exec":
		if len(rest) > 1 && rest[1] == "--" {
			rest = append(rest[:1:1], rest[2:]...)
		}
		if len(rest) < 2 {
			return errors.New("exec: give a machine and a command")
		}
		return c.Exec(rest[0], rest[1:])
	}
	return fmt.Errorf("there is no command %q; %w", name, ErrUsage)
}

// hidden runs the commands that the program gives to itself.
func hidden(name string, arguments []string, out io.Writer) (done bool, err error) {
	switch {
	case name == "component" && len(arguments) > 0:
		found, err := components.Run(arguments[0], arguments[1:])
		if !found {
			err = fmt.Errorf("there is no component %q", arguments[0])
		}
		return true, err
	case name == probe.Command && len(arguments) == 1:
		for _, problem := range probe.Kernel(arguments[0]) {
			fmt.Fprintln(out, problem)
		}
		return true, nil
	case name == cluster.MachineCommand && len(arguments) == 2:
		m, err := plan.ParseMachine(arguments[1], plan.MaxNodes)
		if err != nil {
			return true, err
		}
		return true, machine.Run(plan.New(arguments[0]), m)
	case name == cluster.APIForwardCommand && len(arguments) == 1:
		c, err := cluster.New(arguments[0], out)
		if err != nil {
			return true, err
		}
		return true, c.ServeAPI()
	}
	return false, nil
}

func parseUp(arguments []string, errOut io.Writer) (cluster.Options, error) {
	var options cluster.Options
	flags := newFlags("up", errOut)
	flags.IntVar(&options.Nodes, "nodes", 0, "how many nodes; a running cluster can grow")
	flags.BoolVar(&options.Fast, "fast", false, "notice a lost node in 8 s and not in 50 s")
	flags.DurationVar(&options.Wait, "wait", 5*time.Minute, "give up after this time")
	if err := parse(flags, arguments, 0); err != nil {
		return options, err
	}
	if options.Nodes < 0 || options.Nodes > plan.MaxNodes {
		return options, fmt.Errorf("up: --nodes %d: from 1 to %d nodes are possible", options.Nodes, plan.MaxNodes)
	}
	return options, nil
}

func runLoad(c cluster.Cluster, arguments []string, errOut io.Writer) error {
	flags := newFlags("load", errOut)
	driver := flags.String("storage-driver", "", "where buildah has the images (default: its own choice, then vfs)")
	if err := flags.Parse(arguments); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if flags.NArg() == 0 {
		return errors.New("load: which image?")
	}
	return c.Load(flags.Args(), *driver)
}

func runForward(c cluster.Cluster, arguments []string, errOut io.Writer) error {
	flags := newFlags("forward", errOut)
	listen := flags.String("listen", "127.0.0.1:0", "address on the host; port 0 takes a free one")
	to := flags.String("to", "", "where to")
	untilEOF := flags.Bool("until-eof", false, "end when standard input does, so also when the caller dies")
	if err := parse(flags, arguments, 0); err != nil {
		return err
	}
	target, err := forward.ParseTarget(*to)
	if err != nil {
		return fmt.Errorf("forward: --to %w", err)
	}
	if *untilEOF {
		return c.Forward(*listen, target, os.Stdin)
	}
	return c.Forward(*listen, target, nil)
}

func runNode(c cluster.Cluster, arguments []string, errOut io.Writer) error {
	if len(arguments) == 0 {
		return errors.New("node: cut, heal, kill, start, kill-process or release-process?")
	}
	verb, rest := arguments[0], arguments[1:]
	flags := newFlags("node "+verb, errOut)
	switch verb {
	case "kill-process":
		hold := flags.Bool("hold", false, "do not start it again before release-process")
		if err := parse(flags, rest, 2); err != nil {
			return err
		}
		return c.KillProcess(flags.Arg(0), flags.Arg(1), *hold)
	case "release-process":
		if err := parse(flags, rest, 2); err != nil {
			return err
		}
		return c.ReleaseProcess(flags.Arg(0), flags.Arg(1))
	}
	if err := parse(flags, rest, 1); err != nil {
		return err
	}
	return c.Node(verb, flags.Arg(0))
}

func runKillPodProcess(c cluster.Cluster, arguments []string, errOut io.Writer) error {
	flags := newFlags("kill-pod-process", errOut)
	signal := flags.Int("signal", int(syscall.SIGKILL), "number of the signal")
	if err := parse(flags, arguments, 3); err != nil {
		return err
	}
	return c.KillPodProcess(flags.Arg(0), flags.Arg(1), flags.Arg(2), syscall.Signal(*signal))
}

// kubectl runs in this process, with the cluster's file unless another is named.
func kubectl(c cluster.Cluster, arguments []string) error {
	if err := c.Running(); err != nil {
		return err
	}
	if err := os.Setenv("KUBECONFIG", c.HostKubeconfig()); err != nil {
		return err
	}
	_, err := components.Run("kubectl", arguments)
	return err
}

func newFlags(name string, errOut io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(errOut)
	return flags
}

// parse reads flags before, between and after the names, of which there must be so many.
func parse(flags *flag.FlagSet, arguments []string, names int) error {
	var found []string
	for {
		if err := flags.Parse(arguments); err != nil {
			return fmt.Errorf("%s: %w", flags.Name(), err)
		}
		if flags.NArg() == 0 {
			break
		}
		found = append(found, flags.Arg(0))
		arguments = flags.Args()[1:]
	}
	if len(found) != names {
		return fmt.Errorf("%s: %d names are needed, not %d (%s); %w", flags.Name(), names, len(found), strings.Join(found, " "), ErrUsage)
	}
	// So that flags.Arg gives the names.
	return flags.Parse(append([]string{"--"}, found...))
}

func without(arguments []string, run func() error) error {
	if len(arguments) > 0 {
		return fmt.Errorf("%q: nothing more is expected; %w", arguments[0], ErrUsage)
	}
	return run()
}
