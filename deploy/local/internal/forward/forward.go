// Package forward passes TCP connections from the host into the cluster's namespaces.
package forward

import (
	"errors"
	"io"
	"net"
	"time"
)

// Dial opens the far side of one connection.
type Dial func() (*net.TCPConn, error)

// Serve passes on each connection the listener accepts, until it is closed.
// failed is told when the far side cannot be reached; the caller's connection
// is then reset, as it would be without us.
func Serve(listener net.Listener, dial Dial, failed func(error)) error {
	for {
		accepted, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// Out of file descriptors: others will close theirs.
			time.Sleep(50 * time.Millisecond)
			continue
		}
		near, ok := accepted.(*net.TCPConn)
		if !ok {
			accepted.Close()
			continue
		}
		go func() {
			if err := join(near, dial); err != nil {
				failed(err)
			}
		}()
	}
}

func join(near *net.TCPConn, dial Dial) error {
	defer near.Close()
	far, err := dial()
	if err != nil {
		return errors.Join(err, near.SetLinger(0))
	}
	defer far.Close()
	done := make(chan struct{})
	go func() {
		pass(far, near)
		close(done)
	}()
	pass(near, far)
	<-done
	return nil
}

// pass copies one direction. A clean end is passed on as such and leaves the
// other direction open; a broken connection breaks the other one too.
func pass(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		// One of the two is broken, and which one does not matter.
		_ = to.SetLinger(0)
		_ = from.SetLinger(0)
		to.Close()
		from.Close()
		return
	}
	_ = to.CloseWrite()
}
