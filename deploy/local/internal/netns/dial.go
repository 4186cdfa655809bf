package netns

import (
	"net"
	"time"
)

// Dial opens a TCP connection that starts inside a namespace. address is an IP
// with a port: a name would be looked up on other threads, outside.
func Dial(name, address string, timeout time.Duration) (conn *net.TCPConn, err error) {
	err = Inside(name, func() error {
		c, err := net.DialTimeout("tcp", address, timeout)
		if err == nil {
			conn = c.(*net.TCPConn)
		}
		return err
	})
	return conn, err
}
