package cluster

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"trackercluster/deploy/local/internal/arguments"
	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// done is what a verb has done to a machine.
var done = map[string]string{"cut": "cable cut", "heal": "cable healed", "kill": "killed", "start": "started"}

// Node does one thing to a machine: cut, heal, kill or start.
func (c Cluster) Node(r arguments.Node) error {
	s, unlock, err := c.change()
	if err != nil {
		return err
	}
	defer unlock()
	m, err := plan.ParseMachine(r.Name, s.Nodes)
	if err != nil {
		return err
	}
	switch r.Verb {
	case "cut":
		err = c.cut(m)
	case "heal":
		_, err = c.heal(m)
	case "kill":
		err = c.kill(m)
	case "start":
		_, err = c.boot(m)
	default:
		err = errors.New("there is no such thing to do")
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.Verb, m.Name(), err)
	}
	c.say("%s: %s", m.Name(), done[r.Verb])
	return nil
}

// cut pulls the machine's cable, at the switch: there the machine's own
// interface keeps its addresses and routes for the time after.
func (c Cluster) cut(m plan.Machine) error {
	return netns.Batch(c.Switch(), []string{"link set " + m.Name() + " down"})
}

// heal plugs the cable in again; changed says whether it was out.
func (c Cluster) heal(m plan.Machine) (changed bool, err error) {
	up, err := netns.LinkUp(c.Switch(), m.Name())
	if err != nil || up {
		return false, err
	}
	return true, netns.Batch(c.Switch(), []string{"link set " + m.Name() + " up"})
}

// kill ends everything on the machine at once.
func (c Cluster) kill(m plan.Machine) error {
	process, err := c.init(m)
	if err != nil {
		return err
	}
	return process.Kill()
}

// components are what runs on the control plane and on a node.
var components = map[bool][]string{
	true:  {"coredns", "etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "provisioner"},
	false: {"containerd", "kube-proxy", "kubelet"},
}

// KillProcess ends one component with SIGKILL. It starts again after a second,
// or, with hold, after ReleaseProcess.
func (c Cluster) KillProcess(r arguments.KillProcess) error {
	component := r.Component
	m, err := c.component(r.Machine, component)
	if err != nil {
		return err
	}
	if r.Hold {
		if err := state.WriteFile(c.ComponentHold(m, component), nil, 0o644); err != nil {
			return err
		}
	}
	pid, err := c.componentPID(m, component)
	if err != nil {
		return err
	}
	if pid == 0 {
		c.say("%s on %s does not run", component, m.Name())
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	c.say("%s on %s: killed (process %d)", component, m.Name(), pid)
	return nil
}

// ReleaseProcess lets a component start that was killed with hold.
func (c Cluster) ReleaseProcess(r arguments.ReleaseProcess) error {
	m, err := c.component(r.Machine, r.Component)
	if err != nil {
		return err
	}
	if err := os.Remove(c.ComponentHold(m, r.Component)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	c.say("%s on %s: may run", r.Component, m.Name())
	return nil
}

// component checks that there is such a component on such a machine.
func (c Cluster) component(name, component string) (plan.Machine, error) {
	s, err := c.running()
	if err != nil {
		return 0, err
	}
	m, err := plan.ParseMachine(name, s.Nodes)
	if err != nil {
		return 0, err
	}
	if known := components[m == plan.ControlPlane]; !slices.Contains(known, component) {
		return 0, fmt.Errorf("%s has no component %q: there are %s", m.Name(), component, strings.Join(known, ", "))
	}
	return m, nil
}

// componentPID translates the id that the machine's init has noted into the
// host's; 0 when the component does not run.
func (c Cluster) componentPID(m plan.Machine, component string) (int, error) {
	noted, err := os.ReadFile(c.ComponentPID(m, component))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	inner, err := strconv.Atoi(string(noted))
	if err != nil {
		return 0, err
	}
	machine, err := c.init(m)
	if err != nil || !machine.Alive() {
		return 0, err
	}
	pids, err := allPIDs()
	if err != nil {
		return 0, err
	}
	for _, pid := range pids {
		if parent, err := state.ParentOf(pid); err == nil && parent == machine.PID && state.InnerPID(pid) == inner {
			return pid, nil
		}
	}
	return 0, nil
}
