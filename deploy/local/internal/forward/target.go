package forward

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Kind is what a target names.
type Kind int

// The kinds of target.
const (
	Address Kind = iota // IP:PORT
	Service             // svc/NAMESPACE/NAME:PORT
	Pod                 // pod/NAMESPACE/NAME:PORT
)

// Target is where connections shall end.
type Target struct {
	Kind            Kind
	Namespace, Name string
	// Host is the IP of an Address.
	Host string
	Port uint16
}

// ParseTarget reads one of the three forms.
func ParseTarget(text string) (Target, error) {
	host, portText, err := net.SplitHostPort(text)
	if err != nil {
		return Target{}, badTarget(text)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil || port == 0 {
		return Target{}, fmt.Errorf("%q: the port is not a number from 1 to 65535", text)
	}
	parts := strings.Split(host, "/")
	kinds := map[string]Kind{"svc": Service, "pod": Pod}
	kind, known := kinds[parts[0]]
	switch {
	case len(parts) == 1 && isIP(host):
		return Target{Kind: Address, Host: host, Port: uint16(port)}, nil
	case len(parts) == 3 && known && parts[1] != "" && parts[2] != "":
		return Target{Kind: kind, Namespace: parts[1], Name: parts[2], Port: uint16(port)}, nil
	}
	return Target{}, badTarget(text)
}

// At is the address of the target's port on a host.
func (t Target) At(host string) string {
	return net.JoinHostPort(host, strconv.Itoa(int(t.Port)))
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func badTarget(text string) error {
	return fmt.Errorf("%q is no target: give IP:PORT, svc/NAMESPACE/NAME:PORT or pod/NAMESPACE/NAME:PORT", text)
}
