package cluster

import (
	"errors"
	"os"

	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// fastSettings keep a machine from waiting out TCP's long back-off after a cut.
var fastSettings = map[string]string{
	"net/ipv4/tcp_syn_retries": "1",
	"net/ipv4/tcp_retries2":    "4",
}

// wire makes the switch and plugs in the machines that are not yet; changed
// says whether there were any.
func (c Cluster) wire(s *state.State) (changed bool, err error) {
	machines := plan.Machines(s.Nodes)
	if s.Wired == len(machines) {
		return false, nil
	}
	if s.Wired == 0 {
		if err := c.makeSwitch(); err != nil {
			return false, err
		}
	}
	for _, m := range machines[s.Wired:] {
		if err := c.plugIn(m, s.Fast); err != nil {
			return false, err
		}
	}
	for _, m := range machines {
		if err := netns.Batch(c.Namespace(m), plan.Routes(m, s.Nodes)); err != nil {
			return false, err
		}
	}
	s.Wired = len(machines)
	return true, state.Save(c.Cluster, *s)
}

func (c Cluster) makeSwitch() error {
	if err := remake(c.Switch()); err != nil {
		return err
	}
	if err := netns.Batch(c.Switch(), plan.SwitchSetup()); err != nil {
		return err
	}
	// The switch itself filters nothing.
	return setInside(c.Switch(), map[string]string{"net/bridge/bridge-nf-call-iptables": "0"})
}

func (c Cluster) plugIn(m plan.Machine, fast bool) error {
	name := c.Namespace(m)
	if err := remake(name); err != nil {
		return err
	}
	if err := netns.Batch(c.Switch(), c.Cable(m)); err != nil {
		return err
	}
	if err := netns.Batch(name, plan.MachineSetup(m)); err != nil {
		return err
	}
	settings := map[string]string{
		"net/ipv4/ip_forward": "1",
		// So that a pod reaches a Service whose pod is on the same node.
		"net/bridge/bridge-nf-call-iptables": "1",
	}
	if err := setInside(name, settings); err != nil || !fast {
		return err
	}
	return setInside(name, fastSettings)
}

// remake makes a namespace, anew if an earlier try has left one half done.
func remake(name string) error {
	if err := netns.Delete(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return netns.Add(name)
}

// setInside writes settings under /proc/sys of a network namespace.
func setInside(name string, settings map[string]string) error {
	return netns.Inside(name, func() error {
		for file, value := range settings {
			if err := os.WriteFile("/proc/sys/"+file, []byte(value), 0); err != nil {
				return err
			}
		}
		return nil
	})
}
