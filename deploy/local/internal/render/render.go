// Package render writes the configuration of each component: files from the
// templates beside it, and command lines. It only computes text.
package render

import (
	"embed"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"text/template"

	"trackercluster/deploy/local/internal/plan"
)

// PauseImage is the image of the container that holds each pod's namespaces.
const PauseImage = "localhost/local-kubernetes-pause:1"

// CNIBinaries is where Debian's containernetworking-plugins lie.
const CNIBinaries = "/usr/lib/cni"

//go:embed files
var files embed.FS

var templates = template.Must(template.New("").Option("missingkey=error").ParseFS(files, "files/*"))

// Base is the YAML of the objects that every cluster starts with.
func Base() []byte {
	return fill("base.yaml", map[string]any{
		"DNSService": plan.DNSService, "ControlPlane": plan.ControlPlane.Address(),
	})
}

// AuditPolicy says which calls the API server's audit log holds.
func AuditPolicy() []byte { return fill("audit.yaml", nil) }

// Corefile configures the cluster's DNS.
func Corefile(c plan.Cluster) []byte {
	return fill("Corefile", map[string]any{
		"ControlPlane": plan.ControlPlane.Address(), "Kubeconfig": c.Kubeconfig("coredns"),
	})
}

// Containerd configures a node's container runtime.
func Containerd(c plan.Cluster, node plan.Machine) []byte {
	return fill("containerd.toml", map[string]any{
		"PauseImage": PauseImage, "CNIBinaries": CNIBinaries, "CNIConfig": CNIDir(c, node),
	})
}

// CNIDir is the directory of a node's network configuration.
func CNIDir(c plan.Cluster, node plan.Machine) string {
	return filepath.Join(c.MachineDir(node), "cni")
}

// CNI configures the network of a node's pods.
func CNI(node plan.Machine) []byte {
	return fill("cni.conflist", map[string]any{"PodSubnet": node.PodSubnet()})
}

// Kubelet configures a node's kubelet. fast shortens the time until a lost node is noticed.
func Kubelet(c plan.Cluster, node plan.Machine, fast bool) []byte {
	return fill("kubelet.yaml", map[string]any{
		"Cgroup": c.Cgroup(node), "Authority": filepath.Join(c.PKI(), "ca.crt"),
		"DNSService": plan.DNSService, "Fast": fast,
	})
}

// Kubeconfig lets the owner of a token reach the API server at address (IP:PORT).
func Kubeconfig(address string, authority []byte, token string) []byte {
	return fill("kubeconfig.yaml", map[string]any{
		"Address": address, "Authority": base64.StdEncoding.EncodeToString(authority), "Token": token,
	})
}

// fill panics only on a mistake in the embedded templates, which the tests render all.
func fill(name string, values map[string]any) []byte {
	var text strings.Builder
	if err := templates.ExecuteTemplate(&text, name, values); err != nil {
		panic(fmt.Sprintf("template %s: %v", name, err))
	}
	return []byte(text.String())
}
