package pki

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/render"
	"trackercluster/deploy/local/internal/state"
)

// WriteFiles makes all keys, certificates, tokens and kubeconfigs of a cluster,
// unless they are there. hostAPI is where the host reaches the API server.
func WriteFiles(c plan.Cluster, hostAPI string, now time.Time) error {
	last := c.HostKubeconfig()
	if _, err := os.Stat(last); err == nil {
		return nil
	}
	if err := os.MkdirAll(c.PKI(), 0o700); err != nil {
		return err
	}
	authority, err := NewAuthority(now)
	if err != nil {
		return err
	}
	server, err := authority.Server("kube-apiserver",
		[]string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
		[]string{plan.APIService, plan.ControlPlane.Address(), "127.0.0.1"}, now)
	if err != nil {
		return err
	}
	// With this one the API server asks the kubelets for logs, exec and port-forward.
	kubeletClient, err := authority.Client("kube-apiserver-kubelet-client", "system:masters", now)
	if err != nil {
		return err
	}
	private, public, err := KeyPair()
	if err != nil {
		return err
	}
	users := Users()
	contents := map[string][]byte{
		"ca.crt":             authority.Certificate(),
		"apiserver.crt":      server.Certificate,
		"apiserver.key":      server.Key,
		"kubelet-client.crt": kubeletClient.Certificate,
		"kubelet-client.key": kubeletClient.Key,
		"accounts.key":       private,
		"accounts.pub":       public,
		"tokens.csv":         TokenFile(users),
	}
	for name, content := range contents {
		if err := state.WriteFile(filepath.Join(c.PKI(), name), content, 0o600); err != nil {
			return err
		}
	}
	inside := fmt.Sprintf("%s:%d", plan.ControlPlane.Address(), plan.APIPort)
	for _, u := range users {
		config := render.Kubeconfig(inside, authority.Certificate(), u.Token)
		if err := state.WriteFile(c.Kubeconfig(u.File), config, 0o600); err != nil {
			return err
		}
	}
	admin := users[0]
	return state.WriteFile(last, render.Kubeconfig(hostAPI, authority.Certificate(), admin.Token), 0o600)
}
