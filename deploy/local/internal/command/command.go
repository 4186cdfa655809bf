// Package command does what a command line asks for.
package command

import (
	"fmt"
	"io"
	"os"

	"trackercluster/deploy/local/internal/arguments"
	"trackercluster/deploy/local/internal/cluster"
	"trackercluster/deploy/local/internal/components"
	"trackercluster/deploy/local/internal/machine"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/probe"
)

// directory names the environment variable that says where the cluster lies.
const directory = "TRACKER_LOCAL_KUBERNETES_DIR"

// Run does what the arguments after the program's name say.
func Run(line []string, out, errOut io.Writer) error {
	if done, err := hidden(line, out); done {
		return err
	}
	request, err := arguments.Parse(line, errOut)
	if err != nil {
		return err
	}
	// Debian keeps iptables, ip and conntrack out of ordinary users' paths.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin"); err != nil {
		return err
	}
	c, err := cluster.New(os.Getenv(directory), out)
	if err != nil {
		return err
	}
	switch r := request.(type) {
	case arguments.Help:
		_, err := io.WriteString(out, arguments.Usage)
		return err
	case arguments.Up:
		return c.Up(r)
	case arguments.Down:
		return c.Down()
	case arguments.Status:
		return c.Status()
	case arguments.Kubeconfig:
		return c.PrintKubeconfig()
	case arguments.PIDs:
		return c.Processes()
	case arguments.Load:
		return c.Load(r)
	case arguments.Kubectl:
		return kubectl(c, r.Arguments)
	case arguments.Forward:
		return c.Forward(r, os.Stdin)
	case arguments.Node:
		return c.Node(r)
	case arguments.KillProcess:
		return c.KillProcess(r)
	case arguments.ReleaseProcess:
		return c.ReleaseProcess(r)
	case arguments.KillPodProcess:
		return c.KillPodProcess(r)
	case arguments.Exec:
		return c.Exec(r)
	}
	return fmt.Errorf("nothing does %T", request)
}

// hidden runs the commands that the program gives to itself.
func hidden(line []string, out io.Writer) (done bool, err error) {
	if len(line) < 2 {
		return false, nil
	}
	name, first := line[0], line[1]
	switch {
	case name == "component":
		return true, components.Run(first, line[2:])
	case name == probe.Command:
		for _, problem := range probe.Kernel(first) {
			fmt.Fprintln(out, problem)
		}
		return true, nil
	case name == cluster.MachineCommand && len(line) == 3:
		m, err := plan.ParseMachine(line[2], plan.MaxNodes)
		if err != nil {
			return true, err
		}
		return true, machine.Run(plan.New(first), m)
	case name == cluster.APIForwardCommand:
		c, err := cluster.New(first, out)
		if err != nil {
			return true, err
		}
		return true, c.ServeAPI()
	}
	return false, nil
}

// kubectl runs in this process, with the cluster's file in the place where it looks first.
func kubectl(c cluster.Cluster, line []string) error {
	if err := c.Running(); err != nil {
		return err
	}
	if err := os.Setenv("KUBECONFIG", c.HostKubeconfig()); err != nil {
		return err
	}
	return components.Run("kubectl", line)
}
