// Package machine is the first process of one of the cluster's machines. It
// runs in network, process, mount and host name namespaces of its own: when it
// is killed, all that runs on the machine ends with it, like a pulled plug.
package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/render"
	"trackercluster/deploy/local/internal/state"
)

// self is the running program, also after its file was replaced.
const self = "/proc/self/exe"

// Run boots the machine and then keeps its components running for ever.
func Run(c plan.Cluster, m plan.Machine) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("a machine is started by `up` and `node start`, in namespaces of its own")
	}
	settings, ok, err := state.Load(c)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%s: no running cluster", c.Dir)
	}
	if err := settle(c, m); err != nil {
		return err
	}
	environment := append([]string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
	}, render.Environment(settings.Fast)...)
	s := newSupervisor(c, m, environment)
	boot := bootNode
	if m == plan.ControlPlane {
		boot = bootControlPlane
	}
	if err := boot(c, m, s, settings.Fast); err != nil {
		return err
	}
	select {}
}

// settle makes the machine's own view of the file system.
func settle(c plan.Cluster, m plan.Machine) error {
	// What is mounted here must not appear outside.
	if err := unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("separate mounts: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := syscall.Sethostname([]byte(m.Name())); err != nil {
		return fmt.Errorf("set host name: %w", err)
	}
	// Own locks, sockets and container states; empty after each start.
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	// Own data of kubelet, containerd and the network plugins, and own pod logs.
	for _, directory := range []string{"/var/lib", "/var/log"} {
		own := filepath.Join(c.MachineDir(m), directory)
		if err := os.MkdirAll(own, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(own, directory, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount over %s: %w", directory, err)
		}
	}
	// Volumes with mount propagation need this.
	if err := unix.Mount("", "/", "", unix.MS_SHARED|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("share mounts with containers: %w", err)
	}
	return nil
}

// keepOwn keeps a component running that is part of this program.
func (s *supervisor) keepOwn(component string, flags []string) {
	s.keep(component, self, own(component, flags)...)
}

// runOwn runs a part of this program once.
func (s *supervisor) runOwn(component string, flags ...string) error {
	return s.run(component, self, own(component, flags)...)
}

func own(component string, flags []string) []string {
	return append([]string{"local-kubernetes", "component", component}, flags...)
}
