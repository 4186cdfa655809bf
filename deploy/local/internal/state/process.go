package state

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a process that can be told from a later one with the same id.
type Process struct {
	PID     int
	Started uint64 // clock ticks since boot
}

// ProcessOf looks up a running process.
func ProcessOf(pid int) (Process, error) {
	stat, err := readStat(pid)
	if err != nil {
		return Process{}, err
	}
	return Process{PID: pid, Started: stat.started}, nil
}

// ReadProcess reads what WriteProcess wrote. A missing file is no process.
func ReadProcess(path string) (Process, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Process{}, nil
	}
	if err != nil {
		return Process{}, err
	}
	var p Process
	if _, err := fmt.Sscan(string(text), &p.PID, &p.Started); err != nil {
		return Process{}, fmt.Errorf("%s: not a process: %w", path, err)
	}
	return p, nil
}

// WriteProcess remembers a process in a file.
func WriteProcess(path string, p Process) error {
	return WriteFile(path, fmt.Appendf(nil, "%d %d\n", p.PID, p.Started), 0o644)
}

// Alive says whether the process still runs; a zombie does not.
func (p Process) Alive() bool {
	if p.PID == 0 {
		return false
	}
	stat, err := readStat(p.PID)
	return err == nil && stat.started == p.Started && stat.state != "Z" && stat.state != "X"
}

// Kill ends the process at once and waits until it is gone.
func (p Process) Kill() error {
	if !p.Alive() {
		return nil
	}
	if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill process %d: %w", p.PID, err)
	}
	for range 1500 {
		if !p.Alive() {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("process %d does not go away", p.PID)
}

// ParentOf is the id of the process's parent.
func ParentOf(pid int) (int, error) {
	stat, err := readStat(pid)
	return stat.parent, err
}

type stat struct {
	state   string
	parent  int
	started uint64
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	return parseStat(string(text))
}

// parseStat reads /proc/PID/stat. The second field is the command's name in
// parentheses and may itself hold blanks and parentheses.
func parseStat(text string) (stat, error) {
	end := strings.LastIndex(text, ")")
	if end < 0 {
		return stat{}, fmt.Errorf("not a process status: %q", text)
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) < 20 {
		return stat{}, fmt.Errorf("process status too short: %q", text)
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return stat{}, err
	}
	started, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return stat{}, err
	}
	return stat{state: fields[0], parent: parent, started: started}, nil
}

// InnerPID is a process's id inside the innermost namespace it is in, or 0.
func InnerPID(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if ids, found := strings.CutPrefix(line, "NSpid:"); found {
			fields := strings.Fields(ids)
			inner, err := strconv.Atoi(fields[len(fields)-1])
			if err != nil {
				return 0
			}
			return inner
		}
	}
	return 0
}
