package plan

import (
	"fmt"
	"strings"
)

// SwitchSetup is the batch for `ip` that makes the switch, in its namespace.
func SwitchSetup() []string {
	return []string{
		"link add br0 type bridge",
		"link set br0 up",
	}
}

// Cable is the batch, in the switch's namespace, that plugs in a machine.
func (c Cluster) Cable(m Machine) []string {
	return []string{
		fmt.Sprintf("link add %s type veth peer name eth0 netns %s", m.Name(), c.Namespace(m)),
		fmt.Sprintf("link set %s master br0 up", m.Name()),
	}
}

// MachineSetup is the batch that gives a machine its address, in its namespace.
// There is no way out: what is not the cluster's own is unreachable.
func MachineSetup(m Machine) []string {
	return []string{
		"link set lo up",
		fmt.Sprintf("addr add %s/24 dev eth0", m.Address()),
		"link set eth0 up",
		"route add unreachable default",
	}
}

// Routes is the batch that makes the pods of all nodes reachable from a
// machine. It may run again when nodes are added.
func Routes(m Machine, nodes int) []string {
	var batch []string
	for _, n := range Nodes(nodes) {
		if n != m {
			batch = append(batch, fmt.Sprintf("route replace %s via %s", n.PodSubnet(), n.Address()))
		}
	}
	if m != ControlPlane {
		// A ClusterIP needs some route, or connect() fails before kube-proxy's rules see it.
		return append(batch, fmt.Sprintf("route replace %s dev eth0", ServiceSubnet))
	}
	// The control plane's kube-proxy has no Node object and waits 30 s for it. Until
	// then the nodes' proxies translate the API server's calls to webhooks.
	var hops []string
	for _, n := range Nodes(nodes) {
		hops = append(hops, "nexthop via "+n.Address())
	}
	return append(batch, fmt.Sprintf("route replace %s %s", ServiceSubnet, strings.Join(hops, " ")))
}
