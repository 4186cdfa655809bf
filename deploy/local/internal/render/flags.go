package render

import (
	"fmt"
	"path/filepath"

	"trackercluster/deploy/local/internal/plan"
)

// EtcdFlags is the command line of the one etcd.
func EtcdFlags(c plan.Cluster) []string {
	return []string{"--data-dir=" + filepath.Join(c.MachineDir(plan.ControlPlane), "etcd")}
}

// APIServerFlags is the command line of the API server.
func APIServerFlags(c plan.Cluster, fast bool) []string {
	pki := func(name string) string { return filepath.Join(c.PKI(), name) }
	own := func(name string) string { return filepath.Join(c.MachineDir(plan.ControlPlane), name) }
	flags := []string{
		"--etcd-servers=http://127.0.0.1:2379",
		"--advertise-address=" + plan.ControlPlane.Address(),
		fmt.Sprintf("--secure-port=%d", plan.APIPort),
		"--service-cluster-ip-range=" + plan.ServiceSubnet,
		"--allow-privileged",
		"--tls-cert-file=" + pki("apiserver.crt"),
		"--tls-private-key-file=" + pki("apiserver.key"),
		"--client-ca-file=" + pki("ca.crt"),
		"--token-auth-file=" + pki("tokens.csv"),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + pki("accounts.pub"),
		"--service-account-signing-key-file=" + pki("accounts.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--kubelet-client-certificate=" + pki("kubelet-client.crt"),
		"--kubelet-client-key=" + pki("kubelet-client.key"),
		"--audit-policy-file=" + own("audit.yaml"),
		"--audit-log-path=" + filepath.Join(c.LogDir(plan.ControlPlane), "audit.log"),
	}
	if fast {
		flags = append(flags, "--default-not-ready-toleration-seconds=2", "--default-unreachable-toleration-seconds=2")
	}
	return flags
}

// ControllerManagerFlags is the command line of the controller manager.
func ControllerManagerFlags(c plan.Cluster, fast bool) []string {
	flags := []string{
		"--kubeconfig=" + c.Kubeconfig("controller-manager"),
		"--root-ca-file=" + filepath.Join(c.PKI(), "ca.crt"),
		"--service-account-private-key-file=" + filepath.Join(c.PKI(), "accounts.key"),
		"--use-service-account-credentials",
		"--leader-elect=false",
	}
	if fast {
		flags = append(flags, "--node-monitor-grace-period=8s", "--node-monitor-period=1s")
	}
	return flags
}

// SchedulerFlags is the command line of the scheduler.
func SchedulerFlags(c plan.Cluster) []string {
	return []string{"--kubeconfig=" + c.Kubeconfig("scheduler"), "--leader-elect=false"}
}

// ProxyFlags is the command line of a machine's kube-proxy.
func ProxyFlags(c plan.Cluster, m plan.Machine) []string {
	return []string{
		"--kubeconfig=" + c.Kubeconfig("proxy"),
		"--hostname-override=" + m.Name(),
		"--proxy-mode=iptables",
		"--cluster-cidr=" + plan.PodSubnet,
		// Those limits are the whole machine's and not writable in here.
		"--conntrack-max-per-core=0",
		"--conntrack-min=0",
	}
}

// ProvisionerFlags is the command line of what makes volumes.
func ProvisionerFlags(c plan.Cluster) []string {
	return []string{"--kubeconfig=" + c.Kubeconfig("provisioner"), "--root=" + c.Volumes()}
}

// KubeletFlags is the command line of a node's kubelet.
func KubeletFlags(c plan.Cluster, node plan.Machine) []string {
	return []string{
		"--kubeconfig=" + c.Kubeconfig(node.Name()),
		"--config=" + filepath.Join(c.MachineDir(node), "kubelet.yaml"),
		"--hostname-override=" + node.Name(),
		"--node-ip=" + node.Address(),
		"--node-labels=topology.kubernetes.io/zone=" + node.Zone(),
	}
}

// Environment is what all components get beside the machine's own: with fast,
// clients of the API server notice a dead connection within 4 s.
func Environment(fast bool) []string {
	if !fast {
		return nil
	}
	return []string{"HTTP2_READ_IDLE_TIMEOUT_SECONDS=2", "HTTP2_PING_TIMEOUT_SECONDS=2"}
}
