package ocitest

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

// tunnel is the proxy: CONNECT to a name that this double serves, on port 443, and nothing else.
func (s *Server) tunnel() {
	defer s.running.Done()
	for {
		c, err := s.proxy.Accept()
		if err != nil {
			return // closed
		}
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			defer c.Close()
			s.connect(c)
		}()
	}
}

func (s *Server) connect(c net.Conn) {
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-s.done:
			_ = c.Close()
		case <-over:
		}
	}()
	method, to, ok := readConnect(c)
	host, port, err := net.SplitHostPort(to)
	s.mu.Lock()
	s.tunnels = append(s.tunnels, to)
	s.mu.Unlock()
	if !ok || method != http.MethodConnect || err != nil || port != "443" || !slices.Contains(s.Hosts(), host) {
		s.refuse("proxy", "asked for "+method+" "+to)
		_, _ = io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		return
	}
	up, err := net.Dial("tcp", s.secure.Addr().String())
	if err != nil {
		return
	}
	defer up.Close()
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
	end := make(chan struct{}, 2)
	pipe := func(to, from net.Conn) {
		_, err := io.Copy(to, from)
		if err != nil { // a reset goes on as one
			_ = to.(*net.TCPConn).SetLinger(0)
			_ = to.Close()
		}
		_ = to.(*net.TCPConn).CloseWrite()
		end <- struct{}{}
	}
	go pipe(up, c)
	go pipe(c, up)
	<-end
	<-end
}

// readConnect reads the head of a request byte by byte, so that nothing behind it is lost.
func readConnect(c net.Conn) (method, target string, ok bool) {
	var head []byte
	one := make([]byte, 1)
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		if _, err := c.Read(one); err != nil || len(head) > 8<<10 {
			return "", "", false
		}
		head = append(head, one[0])
	}
	line, _, _ := strings.Cut(string(head), "\r\n")
	words := strings.Split(line, " ")
	if len(words) != 3 {
		return "", "", false
	}
	return words[0], words[1], true
}

// ProxyURL is the proxy that leads Oracle's names here.
func (s *Server) ProxyURL() string { return "http://" + s.proxy.Addr().String() }
