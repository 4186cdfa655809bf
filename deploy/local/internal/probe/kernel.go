package probe

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Command is the hidden command that tries the kernel's features inside
// namespaces of its own, where they leave nothing behind.
const Command = "probe-kernel"

// modules are loaded if the kernel has them as modules; one that is built in needs nothing.
var modules = []string{"bridge", "br_netfilter", "veth", "overlay", "nf_conntrack"}

// rules are of the kinds that kube-proxy and the network plugins write.
const rules = `*nat
-A PREROUTING -m comment --comment probe -m addrtype --dst-type LOCAL -j ACCEPT
-A PREROUTING -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.0.0.1:80
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE --random-fully
COMMIT
*filter
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A INPUT -p tcp -j REJECT
COMMIT
*mangle
-A PREROUTING -j MARK --or-mark 0x4000
COMMIT
`

// Try uses what a cluster needs of the kernel, by running Command in new
// namespaces, and lists what fails. dir is where the cluster's data will lie.
func Try(dir string) []string {
	for _, module := range modules {
		// Absent as a module or no modprobe at all: the trial below decides.
		_ = exec.Command("modprobe", "--quiet", module).Run()
	}
	command := exec.Command("/proc/self/exe", Command, dir)
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS,
		// The Go runtime makes the mounts private with this one.
		Unshareflags: unix.CLONE_NEWNS,
	}
	out, err := command.CombinedOutput()
	var problems []string
	for line := range strings.Lines(string(out)) {
		problems = append(problems, strings.TrimSpace(line))
	}
	if err != nil && len(problems) == 0 {
		problems = append(problems, fmt.Sprintf("namespaces cannot be made (in a container, it must be privileged): %v", err))
	}
	return problems
}

// Kernel tries each feature and returns a sentence for each that fails. It
// changes the namespaces it runs in: only Command may call it.
func Kernel(dir string) []string {
	if os.Getpid() != 1 {
		return []string{"this command is only for the program itself"}
	}
	var problems []string
	try := func(what string, err error) {
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", what, err))
		}
	}
	try("a file system in memory cannot be mounted", unix.Mount("tmpfs", "/run", "tmpfs", 0, ""))
	try("/proc cannot be mounted", unix.Mount("proc", "/proc", "proc", 0, ""))
	try("the host name cannot be set", syscall.Sethostname([]byte("probe")))
	try("the kernel cannot make a bridge", run("", "ip", "link", "add", "br0", "type", "bridge"))
	try("the kernel cannot make a veth pair", run("", "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"))
	try("iptables cannot write the rules of a cluster", run(rules, "iptables-restore"))
	try("forwarding cannot be switched on", os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0))
	try("bridges cannot pass packets to iptables (module br_netfilter)",
		os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-iptables", []byte("1"), 0))
	try("containers' file systems cannot be mounted here (overlay over "+dir+"; choose another directory)", overlay(dir))
	return problems
}

// overlay mounts a container's kind of file system on the disk that will hold them.
func overlay(dir string) error {
	scratch, err := os.MkdirTemp(dir, "probe-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(scratch, name), 0o755); err != nil {
			return err
		}
	}
	merged := filepath.Join(scratch, "merged")
	options := fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", scratch)
	if err := unix.Mount("overlay", merged, "overlay", 0, options); err != nil {
		return err
	}
	return unix.Unmount(merged, 0)
}

func run(input, name string, arguments ...string) error {
	command := exec.Command(name, arguments...)
	command.Stdin = strings.NewReader(input)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.ReplaceAll(bytes.TrimSpace(out), []byte("\n"), []byte("; ")))
	}
	return nil
}
