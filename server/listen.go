package server

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// ListenError says that an address could not be listened on.
type ListenError struct {
	Address string
	Err     error
}

// Error implements error.
func (e *ListenError) Error() string { return fmt.Sprintf("cannot listen on %s: %v", e.Address, e.Err) }

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }

// Busy tells whether another process listens there.
func (e *ListenError) Busy() bool { return busy(e.Err) }

// Hint says what to do next.
func (e *ListenError) Hint() string {
	if e.Busy() {
		return "something already listens there, perhaps another Sluice; stop it, or choose another address with --listen HOST:PORT"
	}
	return "an address is HOST:PORT, for example localhost:4566 or 0.0.0.0:4566"
}

// windowsAddressInUse is WSAEADDRINUSE; syscall.EADDRINUSE is another number there.
const windowsAddressInUse = syscall.Errno(10048)

func busy(err error) bool {
	var number syscall.Errno
	return errors.As(err, &number) && (number == syscall.EADDRINUSE || number == windowsAddressInUse)
}

// bindAll listens on all addresses or on none.
func bindAll(addresses []string) (bound []net.Listener, err error) {
	for _, address := range addresses {
		some, err := bind(address)
		if err != nil {
			closeAll(bound)
			return nil, &ListenError{Address: address, Err: err}
		}
		bound = append(bound, some...)
	}
	return bound, nil
}

func bind(address string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "localhost" {
		return bindLoopbacks(port)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return []net.Listener{l}, nil
}

// bindTries bounds the search for a port that is free on both loopbacks.
const bindTries = 50

// bindLoopbacks listens on 127.0.0.1 and ::1 with one port for both, because
// a client that resolves localhost may try either first. A machine that has
// only one of them is served on that one.
func bindLoopbacks(port string) ([]net.Listener, error) {
	var err error
	for range bindTries {
		var four, six net.Listener
		four, err = net.Listen("tcp4", net.JoinHostPort("127.0.0.1", port))
		if busy(err) {
			return nil, err
		}
		samePort := port
		if four != nil {
			_, samePort, _ = net.SplitHostPort(four.Addr().String())
		}
		var err6 error
		six, err6 = net.Listen("tcp6", net.JoinHostPort("::1", samePort))
		switch {
		case four != nil && six != nil:
			return []net.Listener{four, six}, nil
		case four == nil && six == nil:
			return nil, err
		case four == nil:
			return []net.Listener{six}, nil
		case !busy(err6):
			return []net.Listener{four}, nil
		}
		// The port is free on 127.0.0.1 only.
		_ = four.Close()
		err = err6
		if port != "0" {
			break
		}
	}
	return nil, err
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}

// urls lists where the listeners can be reached. A wildcard address is shown
// as the loopback, which always works from this machine.
func urls(listeners []net.Listener) []string {
	var list []string
	for _, l := range listeners {
		a, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			continue
		}
		host := a.IP.String()
		if a.IP.IsUnspecified() {
			host = "127.0.0.1"
		}
		list = append(list, "http://"+net.JoinHostPort(host, fmt.Sprint(a.Port)))
	}
	return list
}
