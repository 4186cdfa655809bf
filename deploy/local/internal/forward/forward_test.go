package forward

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]Target{
		"10.96.0.1:443":              {Kind: Address, Host: "10.96.0.1", Port: 443},
		"[::1]:80":                   {Kind: Address, Host: "::1", Port: 80},
		"svc/default/tracker:8080":   {Kind: Service, Namespace: "default", Name: "tracker", Port: 8080},
		"pod/default/tracker-0:8080": {Kind: Pod, Namespace: "default", Name: "tracker-0", Port: 8080},
	} {
		if got, err := ParseTarget(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10.96.0.1", "name:80", "10.96.0.1:0", "10.96.0.1:65536", "10.96.0.1:x", "svc/x:80", "svc//x:80", "deploy/a/b:80", "svc/a/b/c:80"} {
		if got, err := ParseTarget(text); err == nil {
			t.Errorf("%s is read as %+v", text, got)
		}
	}
}

func TestAtAnIPv6Address(t *testing.T) {
	if got := (Target{Port: 80}).At("::1"); got != "[::1]:80" {
		t.Error(got)
	}
}

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener)
}

func dial(address net.Addr) (*net.TCPConn, error) {
	c, err := net.Dial("tcp", address.String())
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// through starts a forwarder to dial and connects to it.
func through(t *testing.T, to Dial, failed func(error)) *net.TCPConn {
	t.Helper()
	l := listen(t)
	go func() {
		if err := Serve(l, to, failed); err != nil {
			t.Error(err)
		}
	}()
	c, err := dial(l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func noFailure(t *testing.T) func(error) { return func(err error) { t.Error(err) } }

// A server that answers only after it has seen the end of the question.
func TestEachDirectionEndsByItself(t *testing.T) {
	server := listen(t)
	go func() {
		c, err := server.AcceptTCP()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		question, err := io.ReadAll(c)
		if err != nil {
			t.Error(err)
		}
		if _, err := c.Write(append(question, " and an answer"...)); err != nil {
			t.Error(err)
		}
	}()
	c := through(t, func() (*net.TCPConn, error) { return dial(server.Addr()) }, noFailure(t))
	if _, err := c.Write([]byte("a question")); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil || string(answer) != "a question and an answer" {
		t.Errorf("got %q, %v", answer, err)
	}
}

func TestABrokenServerBreaksTheClient(t *testing.T) {
	server := listen(t)
	go func() {
		c, err := server.AcceptTCP()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = c.Read(make([]byte, 1))
		_ = c.SetLinger(0) // as when the process is killed
		c.Close()
	}()
	c := through(t, func() (*net.TCPConn, error) { return dial(server.Addr()) }, noFailure(t))
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client sees %v, which looks like a clean end", err)
	}
}

func TestAnUnreachableServerResetsTheClient(t *testing.T) {
	connected, told := make(chan struct{}), make(chan error, 1)
	c := through(t, func() (*net.TCPConn, error) {
		<-connected
		return nil, errors.New("nobody there")
	}, func(err error) { told <- err })
	close(connected)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client sees %v", err)
	}
	if err := <-told; err == nil || err.Error() != "nobody there" {
		t.Errorf("told: %v", err)
	}
}
