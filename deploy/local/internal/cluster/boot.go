package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"trackercluster/deploy/local/internal/cgroup"
	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// MachineCommand is the hidden command that is the init of a machine.
const MachineCommand = "machine"

// boot switches a machine on, unless it runs.
func (c Cluster) boot(m plan.Machine) (started bool, err error) {
	running, err := c.init(m)
	if err != nil {
		return false, err
	}
	if running.Alive() {
		return false, nil
	}
	if m != plan.ControlPlane {
		if err := c.makeCgroup(m); err != nil {
			return false, err
		}
	}
	// What ran when the machine was killed does not run now.
	if err := os.RemoveAll(filepath.Dir(c.ComponentPID(m, "any"))); err != nil {
		return false, err
	}
	if err := os.MkdirAll(c.LogDir(m), 0o755); err != nil {
		return false, err
	}
	output, err := os.OpenFile(filepath.Join(c.LogDir(m), "init.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return false, err
	}
	defer output.Close()
	command := exec.Command("/proc/self/exe", MachineCommand, c.Dir, m.Name())
	command.Args[0] = "local-kubernetes"
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS,
		Setsid:     true,
	}
	// A process is born in the network namespace of the thread that makes it.
	if err := netns.Inside(c.Namespace(m), command.Start); err != nil {
		return false, fmt.Errorf("start %s: %w", m.Name(), err)
	}
	process, err := state.ProcessOf(command.Process.Pid)
	if err != nil {
		return false, fmt.Errorf("start %s: %w", m.Name(), err)
	}
	if err := command.Process.Release(); err != nil {
		return false, err
	}
	return true, state.WriteProcess(c.InitFile(m), process)
}

func (c Cluster) makeCgroup(m plan.Machine) error {
	layout, err := cgroup.Read()
	if err != nil {
		return err
	}
	// Groups of pods from before the machine was killed would hold up the kubelet for 3 s each.
	if err := layout.Remove(c.Cgroup(m)); err != nil {
		return err
	}
	restore, err := layout.Create(c.Cgroup(m))
	if err != nil || len(restore) == 0 {
		return err
	}
	return c.keeper().Remember(c.Dir, restore)
}
