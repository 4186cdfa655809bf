package netns

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Add makes a named namespace.
func Add(name string) error { return ip(nil, "netns", "add", name) }

// Delete removes a named namespace, or the file that is left of one.
func Delete(name string) error {
	if Exists(name) {
		return ip(nil, "netns", "del", name)
	}
	return os.Remove(Path(name))
}

// Batch runs the lines as commands of `ip` inside a namespace, and stops at the first that fails.
func Batch(name string, lines []string) error {
	return ip([]byte(strings.Join(lines, "\n")+"\n"), "-n", name, "-batch", "-")
}

// LinkUp says whether a link inside a namespace was set up.
func LinkUp(name, link string) (bool, error) {
	out, err := exec.Command("ip", "-n", name, "-o", "link", "show", "dev", link).CombinedOutput()
	if err != nil {
		return false, fmt.Errorf("ip link show %s: %w: %s", link, err, bytes.TrimSpace(out))
	}
	_, flags, _ := strings.Cut(string(out), "<")
	flags, _, _ = strings.Cut(flags, ">")
	for flag := range strings.SplitSeq(flags, ",") {
		if flag == "UP" {
			return true, nil
		}
	}
	return false, nil
}

func ip(input []byte, arguments ...string) error {
	command := exec.Command("ip", arguments...)
	command.Stdin = bytes.NewReader(input)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(arguments, " "), err, bytes.TrimSpace(out))
	}
	return nil
}
