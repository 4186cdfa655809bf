package machine

import (
	"os/exec"
	"path/filepath"
	"time"

	"trackercluster/deploy/local/internal/images"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/render"
	"trackercluster/deploy/local/internal/state"
)

// bootNode starts a node's container runtime, loads the images and then starts
// the kubelet, so that no pod comes before its image.
func bootNode(c plan.Cluster, m plan.Machine, s *supervisor, fast bool) error {
	own := func(name string) string { return filepath.Join(c.MachineDir(m), name) }
	for path, content := range map[string][]byte{
		filepath.Join(render.CNIDir(c, m), "10-local-kubernetes.conflist"): render.CNI(m),
		own("containerd.toml"): render.Containerd(c, m),
		own("kubelet.yaml"):    render.Kubelet(c, m, fast),
	} {
		if err := state.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	containerd, err := exec.LookPath("containerd")
	if err != nil {
		return err
	}
	ctr, err := exec.LookPath("ctr")
	if err != nil {
		return err
	}
	s.keep("containerd", containerd, "containerd", "--config", own("containerd.toml"))
	for s.run("ctr", ctr, "ctr", "version") != nil {
		time.Sleep(50 * time.Millisecond)
	}
	missing, err := images.Missing(c, m)
	if err != nil {
		return err
	}
	for _, image := range missing {
		if err := s.run("ctr", ctr, append([]string{"ctr"}, images.Import(image.Archive)...)...); err != nil {
			return err
		}
		if err := images.MarkLoaded(c, m, image); err != nil {
			return err
		}
	}
	s.keepOwn("kubelet", render.KubeletFlags(c, m))
	s.keepOwn("kube-proxy", render.ProxyFlags(c, m))
	return nil
}
