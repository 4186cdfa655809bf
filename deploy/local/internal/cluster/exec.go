package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"trackercluster/deploy/local/internal/arguments"
	"trackercluster/deploy/local/internal/plan"
)

// Exec becomes a program that runs on a machine, in all its namespaces.
func (c Cluster) Exec(r arguments.Exec) error {
	s, err := c.running()
	if err != nil {
		return err
	}
	m, err := plan.ParseMachine(r.Machine, s.Nodes)
	if err != nil {
		return err
	}
	process, err := c.init(m)
	if err != nil {
		return err
	}
	if !process.Alive() {
		return fmt.Errorf("%s does not run", m.Name())
	}
	nsenter, err := exec.LookPath("nsenter")
	if err != nil {
		return errors.New("the program nsenter is missing (Debian package util-linux)")
	}
	line := []string{"nsenter", "--target", strconv.Itoa(process.PID), "--net", "--mount", "--pid", "--uts", "--wd=/", "--"}
	return syscall.Exec(nsenter, append(line, r.Command...), os.Environ())
}
