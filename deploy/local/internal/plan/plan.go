// Package plan says what everything of a cluster is called, which address it
// has and where its files lie. It only computes: nothing here touches the machine.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Addresses that every cluster uses. They exist only inside its own network
// namespaces, so two clusters on one machine do not meet.
const (
	ServiceSubnet = "10.96.0.0/16"
	APIService    = "10.96.0.1"
	DNSService    = "10.96.0.10"
	PodSubnet     = "10.244.0.0/16"
	APIPort       = 6443
)

// MaxNodes is how many nodes have a token when the API server starts.
const MaxNodes = 16

// Machine is one of the cluster's machines: 0 is the control plane, 1 is node-1.
type Machine int

// ControlPlane is the machine that runs the API server and all that belongs to it.
const ControlPlane Machine = 0

// Nodes lists the machines node-1 to node-count.
func Nodes(count int) []Machine {
	nodes := make([]Machine, 0, count)
	for n := 1; n <= count; n++ {
		nodes = append(nodes, Machine(n))
	}
	return nodes
}

// Machines lists the control plane and then the nodes.
func Machines(count int) []Machine {
	return append([]Machine{ControlPlane}, Nodes(count)...)
}

// ParseMachine reads `control-plane`, `node-2` or just `2`.
func ParseMachine(name string, nodes int) (Machine, error) {
	if name == ControlPlane.Name() {
		return ControlPlane, nil
	}
	number, err := strconv.Atoi(strings.TrimPrefix(name, "node-"))
	if err != nil || number < 1 || number > nodes {
		return 0, fmt.Errorf("no machine is called %q: there are control-plane and node-1 to node-%d", name, nodes)
	}
	return Machine(number), nil
}

// Name is the machine's host name, its cable's name at the switch and, for a
// node, its name in Kubernetes.
func (m Machine) Name() string {
	if m == ControlPlane {
		return "control-plane"
	}
	return fmt.Sprintf("node-%d", int(m))
}

// Zone is the value of the node's label topology.kubernetes.io/zone.
func (m Machine) Zone() string { return fmt.Sprintf("zone-%d", int(m)) }

// Address is the machine's own address on the switch's network.
func (m Machine) Address() string {
	if m == ControlPlane {
		return "192.168.200.1"
	}
	return fmt.Sprintf("192.168.200.%d", 10+int(m))
}

// PodSubnet is the range that the node's pods get their addresses from.
func (m Machine) PodSubnet() string { return fmt.Sprintf("10.244.%d.0/24", int(m)) }

// Cluster is a cluster by its state directory. All names that are seen by the
// whole machine begin with Prefix, which belongs to this directory alone.
type Cluster struct {
	Dir    string
	Prefix string
}

// New derives the cluster's names from the absolute path of its directory.
func New(dir string) Cluster {
	sum := sha256.Sum256([]byte(dir))
	return Cluster{Dir: dir, Prefix: "tlk" + hex.EncodeToString(sum[:3])}
}

// Switch is the network namespace that holds the bridge all machines hang on.
func (c Cluster) Switch() string { return c.Prefix + "-switch" }

// Namespace is the network namespace of a machine.
func (c Cluster) Namespace(m Machine) string { return c.Prefix + "-" + m.Name() }

// Cgroup is the root of a node's control groups, as the kubelet names it.
func (c Cluster) Cgroup(m Machine) string { return "/" + c.Prefix + "/" + m.Name() }

// MachineDir holds a machine's logs, data and process ids.
func (c Cluster) MachineDir(m Machine) string { return filepath.Join(c.Dir, "machines", m.Name()) }

// LogDir holds one file for each component of a machine.
func (c Cluster) LogDir(m Machine) string { return filepath.Join(c.MachineDir(m), "log") }

// InitFile says which process is the machine's init.
func (c Cluster) InitFile(m Machine) string { return filepath.Join(c.MachineDir(m), "init") }

// ComponentPID holds the process id of a component, as seen inside the machine.
func (c Cluster) ComponentPID(m Machine, component string) string {
	return filepath.Join(c.MachineDir(m), "run", component+".pid")
}

// ComponentHold is a file that keeps a component from starting while it is there.
func (c Cluster) ComponentHold(m Machine, component string) string {
	return filepath.Join(c.MachineDir(m), "run", component+".hold")
}

// PKI holds keys, certificates and tokens.
func (c Cluster) PKI() string { return filepath.Join(c.Dir, "pki") }

// Kubeconfig is the file with which a user of the cluster's API names itself.
func (c Cluster) Kubeconfig(user string) string {
	return filepath.Join(c.Dir, "kubeconfigs", user)
}

// HostKubeconfig is the file for people and tests outside the cluster.
func (c Cluster) HostKubeconfig() string { return filepath.Join(c.Dir, "kubeconfig") }

// Images holds the archives that every node loads when it starts.
func (c Cluster) Images() string { return filepath.Join(c.Dir, "images") }

// Volumes holds what pods store in persistent volumes.
func (c Cluster) Volumes() string { return filepath.Join(c.Dir, "volumes") }

// Forwards holds the process ids of running forwarders.
func (c Cluster) Forwards() string { return filepath.Join(c.Dir, "forwards") }

// StateFile holds what the cluster must remember between commands.
func (c Cluster) StateFile() string { return filepath.Join(c.Dir, "state.json") }

// LockFile is locked by the command that changes the cluster.
func (c Cluster) LockFile() string { return filepath.Join(c.Dir, "lock") }
