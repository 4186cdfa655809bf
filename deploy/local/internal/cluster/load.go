package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"trackercluster/deploy/local/internal/arguments"
	"trackercluster/deploy/local/internal/images"
	"trackercluster/deploy/local/internal/plan"
)

// Load puts images on every node, and on those that start later. Each name is
// the path of an archive (OCI or Docker) or an image that buildah has, in the
// store of that driver; without one, both usual stores are looked at.
func (c Cluster) Load(r arguments.Load) error {
	drivers := []string{"", "vfs"}
	if r.Driver != "" {
		drivers = []string{r.Driver}
	}
	begin := time.Now()
	s, unlock, err := c.change()
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.MkdirAll(c.Images(), 0o755); err != nil {
		return err
	}
	for _, name := range r.Images {
		if err := c.store(name, drivers); err != nil {
			return fmt.Errorf("load %s: %w", name, err)
		}
	}
	results := make([]error, s.Nodes)
	var group sync.WaitGroup
	for i, node := range plan.Nodes(s.Nodes) {
		group.Go(func() { results[i] = c.loadMissing(node) })
	}
	group.Wait()
	if err := errors.Join(results...); err != nil {
		return err
	}
	c.say("loaded into %d nodes in %.1f s", s.Nodes, time.Since(begin).Seconds())
	return nil
}

// store puts an archive into the cluster's store.
func (c Cluster) store(name string, drivers []string) error {
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		return images.Store(name, images.Archive(c.Cluster, filepath.Base(name)))
	}
	if _, err := exec.LookPath("buildah"); err != nil {
		return errors.New("no such file, and to look for an image of that name the program buildah is missing (Debian package buildah)")
	}
	reference := images.Reference(name)
	archive := images.Archive(c.Cluster, reference)
	unfinished := archive + ".new"
	defer os.Remove(unfinished)
	var failed error
	for _, driver := range drivers {
		push := exec.Command("buildah", "push", "--quiet", "--storage-driver="+driver, name, "oci-archive:"+unfinished+":"+reference)
		out, err := push.CombinedOutput()
		if err == nil {
			return os.Rename(unfinished, archive)
		}
		failed = errors.Join(failed, fmt.Errorf("%w: %s", err, bytes.TrimSpace(out)))
	}
	return fmt.Errorf("no such file, and not from buildah: %w", failed)
}

// loadMissing imports into a running node what it does not have. A node that is
// off does it when it starts.
func (c Cluster) loadMissing(node plan.Machine) error {
	process, err := c.init(node)
	if err != nil || !process.Alive() {
		return err
	}
	missing, err := images.Missing(c.Cluster, node)
	if err != nil {
		return err
	}
	for _, image := range missing {
		socket := fmt.Sprintf("--address=/proc/%d/root/run/containerd/containerd.sock", process.PID)
		load := exec.Command("ctr", append([]string{socket}, images.Import(image.Archive)...)...)
		if out, err := load.CombinedOutput(); err != nil {
			return fmt.Errorf("load %s into %s: %w: %s", filepath.Base(image.Archive), node.Name(), err, bytes.TrimSpace(out))
		}
		if err := images.MarkLoaded(c.Cluster, node, image); err != nil {
			return err
		}
	}
	return nil
}
