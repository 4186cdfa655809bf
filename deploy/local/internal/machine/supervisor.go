package machine

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// restartDelay keeps a component that fails at once from eating the processor.
const restartDelay = time.Second

// supervisor starts processes as the machine's pid 1. Everything that loses its
// parent in here becomes its child too (the containers' shims), so it reaps
// whatever ends and only then sees whether someone waits for it.
type supervisor struct {
	cluster     plan.Cluster
	machine     plan.Machine
	environment []string

	mutex   sync.Mutex
	waiting map[int]chan<- syscall.WaitStatus
}

func newSupervisor(c plan.Cluster, m plan.Machine, environment []string) *supervisor {
	s := &supervisor{cluster: c, machine: m, environment: environment, waiting: map[int]chan<- syscall.WaitStatus{}}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go func() {
		for range ended {
			s.reap()
		}
	}()
	return s
}

// keep runs a component for ever: when it ends it starts again, unless it is on hold.
func (s *supervisor) keep(name, program string, arguments ...string) {
	go func() {
		for {
			for s.held(name) {
				time.Sleep(100 * time.Millisecond)
			}
			pid, ended, err := s.start(name, program, arguments)
			if err != nil {
				log.Printf("start %s: %v", name, err)
			} else {
				pidFile := s.cluster.ComponentPID(s.machine, name)
				if err := state.WriteFile(pidFile, []byte(strconv.Itoa(pid)), 0o644); err != nil {
					log.Print(err)
				}
				log.Printf("%s ended: %s", name, describe(<-ended))
				os.Remove(pidFile)
			}
			time.Sleep(restartDelay)
		}
	}()
}

// run runs a program once and waits for its end. Its output goes to the log of that name.
func (s *supervisor) run(name, program string, arguments ...string) error {
	_, ended, err := s.start(name, program, arguments)
	if err != nil {
		return err
	}
	if status := <-ended; status != 0 {
		return fmt.Errorf("%s: %s", name, describe(status))
	}
	return nil
}

func (s *supervisor) held(name string) bool {
	_, err := os.Stat(s.cluster.ComponentHold(s.machine, name))
	return err == nil
}

func (s *supervisor) start(name, program string, arguments []string) (int, <-chan syscall.WaitStatus, error) {
	output, err := os.OpenFile(s.cluster.LogDir(s.machine)+"/"+name+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, nil, err
	}
	defer output.Close()
	none, err := os.Open(os.DevNull)
	if err != nil {
		return 0, nil, err
	}
	defer none.Close()
	ended := make(chan syscall.WaitStatus, 1)
	// Held over the fork: a process that ends at once must not be reaped before it is entered here.
	s.mutex.Lock()
	defer s.mutex.Unlock()
	pid, err := syscall.ForkExec(program, arguments, &syscall.ProcAttr{
		Dir:   "/",
		Env:   s.environment,
		Files: []uintptr{none.Fd(), output.Fd(), output.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", program, err)
	}
	s.waiting[pid] = ended
	return pid, ended, nil
}

func (s *supervisor) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		s.mutex.Lock()
		if ended := s.waiting[pid]; ended != nil {
			ended <- status
			delete(s.waiting, pid)
		}
		s.mutex.Unlock()
	}
}

func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "killed by " + status.Signal().String()
	}
	return fmt.Sprintf("exit code %d", status.ExitStatus())
}
