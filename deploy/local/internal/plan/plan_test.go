package plan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestMachinesHaveDistinctNamesAndAddresses(t *testing.T) {
	names, addresses := map[string]bool{}, map[string]bool{}
	services, pods := netip.MustParsePrefix(ServiceSubnet), netip.MustParsePrefix(PodSubnet)
	for _, m := range Machines(MaxNodes) {
		if names[m.Name()] || addresses[m.Address()] {
			t.Errorf("%s (%s) is there twice", m.Name(), m.Address())
		}
		names[m.Name()], addresses[m.Address()] = true, true
		// The kernel cuts off longer names of interfaces.
		if len(m.Name()) > 15 {
			t.Errorf("%s is too long for an interface", m.Name())
		}
		address := netip.MustParseAddr(m.Address())
		if services.Contains(address) || pods.Contains(address) {
			t.Errorf("%s lies in a range of Services or pods", address)
		}
	}
	if len(names) != MaxNodes+1 {
		t.Errorf("%d machines, not %d", len(names), MaxNodes+1)
	}
}

func TestPodSubnetsDoNotOverlap(t *testing.T) {
	all := netip.MustParsePrefix(PodSubnet)
	nodes := Nodes(MaxNodes)
	for i, node := range nodes {
		subnet := netip.MustParsePrefix(node.PodSubnet())
		if !all.Contains(subnet.Addr()) {
			t.Errorf("%s lies outside of %s", subnet, all)
		}
		for _, other := range nodes[i+1:] {
			if subnet.Overlaps(netip.MustParsePrefix(other.PodSubnet())) {
				t.Errorf("%s and %s share addresses", node.Name(), other.Name())
			}
		}
	}
}

func TestParseMachine(t *testing.T) {
	for text, want := range map[string]Machine{"control-plane": ControlPlane, "node-2": 2, "3": 3} {
		if got, err := ParseMachine(text, 3); err != nil || got != want {
			t.Errorf("%q is %v, %v, not %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "node-0", "node-4", "node-", "-1", "0", "nod-1", "node-1 "} {
		if got, err := ParseMachine(text, 3); err == nil {
			t.Errorf("%q is read as %s", text, got.Name())
		}
	}
}

func TestNamesOfTwoClustersDiffer(t *testing.T) {
	a, b := New("/a"), New("/b")
	if a.Prefix == b.Prefix {
		t.Fatalf("both begin with %s", a.Prefix)
	}
	if a != New("/a") {
		t.Error("the same directory gives other names")
	}
	for _, name := range []string{a.Switch(), a.Namespace(ControlPlane), a.Namespace(1), strings.Trim(a.Cgroup(1), "/")} {
		if !strings.HasPrefix(name, a.Prefix) {
			t.Errorf("%s does not begin with %s", name, a.Prefix)
		}
	}
}

func TestRoutesOfANode(t *testing.T) {
	want := []string{
		"route replace 10.244.1.0/24 via 192.168.200.11",
		"route replace 10.244.3.0/24 via 192.168.200.13",
		"route replace 10.96.0.0/16 dev eth0",
	}
	if got := Routes(2, 3); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestRoutesOfTheControlPlane(t *testing.T) {
	want := []string{
		"route replace 10.244.1.0/24 via 192.168.200.11",
		"route replace 10.244.2.0/24 via 192.168.200.12",
		"route replace 10.96.0.0/16 nexthop via 192.168.200.11 nexthop via 192.168.200.12",
	}
	if got := Routes(ControlPlane, 2); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
