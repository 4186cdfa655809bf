package cluster

import (
	"context"

	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/plan"
)

// Status tells how each machine is; it returns ErrDown when there is no cluster.
func (c Cluster) Status() error {
	s, err := c.running()
	if err != nil {
		return err
	}
	ready := map[string]bool{}
	answer := "answers"
	client, err := c.client()
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		ready, err = readyNodes(ctx, client)
	}
	if err != nil {
		answer = "does not answer: " + err.Error()
	}
	c.say("directory   %s", c.Dir)
	c.say("namespaces  %s-*", c.Prefix)
	c.say("kubeconfig  %s", c.HostKubeconfig())
	c.say("API server  https://%s %s", s.APIAddress, answer)
	c.say("timings     %s", map[bool]string{true: "fast", false: "Kubernetes' defaults"}[s.Fast])
	for _, m := range plan.Machines(s.Nodes) {
		line, err := c.describe(m, ready)
		if err != nil {
			return err
		}
		c.say("%-14s %-15s %s", m.Name(), m.Address(), line)
	}
	return nil
}

func (c Cluster) describe(m plan.Machine, ready map[string]bool) (string, error) {
	process, err := c.init(m)
	if err != nil {
		return "", err
	}
	line := "off"
	if process.Alive() {
		line = "on"
	}
	plugged, err := netns.LinkUp(c.Switch(), m.Name())
	if err != nil {
		return "", err
	}
	if !plugged {
		line += ", cable cut"
	}
	if m == plan.ControlPlane {
		return line, nil
	}
	if ready[m.Name()] {
		return line + ", Ready", nil
	}
	return line + ", not Ready", nil
}

// PrintKubeconfig tells the path of the file for `kubectl`, `helm` and tests.
func (c Cluster) PrintKubeconfig() error {
	if _, err := c.running(); err != nil {
		return err
	}
	c.say("%s", c.HostKubeconfig())
	return nil
}
