package cluster

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"trackercluster/deploy/local/internal/forward"
	"trackercluster/deploy/local/internal/netns"
	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// APIForwardCommand is the hidden command that lets the host reach the API server.
const APIForwardCommand = "forward-api"

// inherited is the file descriptor of the listener that APIForwardCommand gets.
const inherited = 3

// preferredAPIAddress is kept between clusters when it is free.
const preferredAPIAddress = "127.0.0.1:36443"

// forwardAPI starts the forwarder to the API server, unless it runs.
func (c Cluster) forwardAPI(s *state.State) (started bool, err error) {
	file := filepath.Join(c.Forwards(), "api")
	running, err := state.ReadProcess(file)
	if err != nil {
		return false, err
	}
	if running.Alive() {
		return false, nil
	}
	listener, err := listenAPI(s.APIAddress)
	if err != nil {
		return false, err
	}
	defer listener.Close()
	s.APIAddress = listener.Addr().String()
	if err := state.Save(c.Cluster, *s); err != nil {
		return false, err
	}
	socket, err := listener.File()
	if err != nil {
		return false, err
	}
	defer socket.Close()
	command := exec.Command("/proc/self/exe", APIForwardCommand, c.Dir)
	command.Args[0] = "local-kubernetes"
	command.Dir = "/"
	command.ExtraFiles = []*os.File{socket}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return false, fmt.Errorf("start the API server's forwarder: %w", err)
	}
	process, err := state.ProcessOf(command.Process.Pid)
	if err != nil {
		return false, err
	}
	return true, state.WriteProcess(file, process)
}

func listenAPI(address string) (*net.TCPListener, error) {
	// The address is written in kubeconfig files: once chosen it stays.
	candidates := []string{address}
	if address == "" {
		candidates = []string{preferredAPIAddress, "127.0.0.1:0"}
	}
	var failed error
	for _, candidate := range candidates {
		listener, err := net.Listen("tcp4", candidate)
		if err == nil {
			return listener.(*net.TCPListener), nil
		}
		failed = err
	}
	return nil, fmt.Errorf("no address for the API server on the host: %w", failed)
}

// ServeAPI is APIForwardCommand: it runs until it is killed.
func (c Cluster) ServeAPI() error {
	listener, err := net.FileListener(os.NewFile(inherited, "listener"))
	if err != nil {
		return fmt.Errorf("this command is only for the program itself: %w", err)
	}
	address := fmt.Sprintf("%s:%d", plan.ControlPlane.Address(), plan.APIPort)
	dial := func() (*net.TCPConn, error) {
		return netns.Dial(c.Namespace(plan.ControlPlane), address, 10*time.Second)
	}
	// Clients see the reset; before the API server is up there is nothing to tell.
	return forward.Serve(listener, dial, func(error) {})
}
