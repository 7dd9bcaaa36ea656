package signer

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// fakeAgent answers each connection by answer and returns its socket.
func fakeAgent(t *testing.T, answer func(conn net.Conn, request []byte)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				var size [4]byte
				if _, err := io.ReadFull(conn, size[:]); err != nil {
					return
				}
				b := make([]byte, binary.BigEndian.Uint32(size[:]))
				if _, err := io.ReadFull(conn, b); err == nil {
					answer(conn, b)
				}
			})
		}
	})
	return path
}

// response is a SSH_AGENT_SIGN_RESPONSE as it goes over the wire.
func response(format string, s []byte) []byte {
	inner := appendString(appendString(nil, []byte(format)), s)
	return appendString(nil, appendString([]byte{signResponse}, inner))
}

// until waits for the other side to leave.
func until(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func TestAgentsThatMisbehave(t *testing.T) {
	need.Unix(t, "Wine has no sockets of the family unix")
	mine, _ := keys()
	cert := certificate(t, mine)
	s := sign(t, mine, message)
	says := func(b []byte) func(net.Conn, []byte) { return func(conn net.Conn, _ []byte) { _, _ = conn.Write(b) } }
	whole := response(wantFormat, s)
	type row struct {
		answer func(net.Conn, []byte)
		want   string
	}
	rows := map[string]row{
		"refuses":             {says([]byte{0, 0, 0, 1, failure}), "refused to sign: it is locked, asks for a confirmation, or has no such key"},
		"another kind":        {says(response("ssh-rsa", s)), "signed by ssh-rsa, not by rsa-sha2-256"},
		"SHA-512":             {says(response("rsa-sha2-512\x1b", s)), "signed by rsa-sha2-512?, not by rsa-sha2-256"},
		"hangs up":            {func(net.Conn, []byte) {}, "gave no answer that could be understood"},
		"cut":                 {says(whole[:40]), "gave no answer that could be understood"},
		"empty":               {says([]byte{0, 0, 0, 0}), "gave no answer that could be understood"},
		"1 GiB":               {says([]byte{0x40, 0, 0, 0, signResponse}), "gave no answer that could be understood"},
		"16 KiB and one":      {says(append([]byte{0, 0, 0x40, 1}, make([]byte, 0x4001)...)), "gave no answer that could be understood"},
		"another message":     {says([]byte{0, 0, 0, 5, 12, 0, 0, 0, 0}), "gave no answer that could be understood"},
		"lengths beyond it":   {says([]byte{0, 0, 0, 9, signResponse, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}), "gave no answer that could be understood"},
		"bytes behind":        {says(appendString(nil, append(append([]byte{signResponse}, appendString(nil, append(appendString(appendString(nil, []byte(wantFormat)), s), 0))...), 0))), "gave no answer that could be understood"},
		"speaks HTTP":         {says([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), "gave no answer that could be understood"},
		"hangs":               {func(conn net.Conn, _ []byte) { until(conn) }, "didn't sign in time; does its key wait for a touch or a password"},
		"hangs in the middle": {func(conn net.Conn, _ []byte) { _, _ = conn.Write(whole[:40]); until(conn) }, "didn't sign in time; does its key wait for a touch or a password"},
	}
	for name, s := range wrong(t) {
		rows["wrong: "+name] = row{says(response(wantFormat, s)), "gave "}
	}
	for name, tt := range rows {
		t.Run(name, func(t *testing.T) {
			limit := 30 * time.Second
			if strings.HasPrefix(name, "hangs") && name != "hangs up" {
				limit = 50 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(bound(t), limit)
			defer cancel()
			got, err := Agent(ctx, "sign_agent a.sock", fakeAgent(t, tt.answer), cert, message)
			if got != nil || err == nil || !strings.HasPrefix(err.Error(), "sign_agent a.sock "+tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}

	var asked []byte
	got, err := Agent(bound(t), "sign_agent a.sock", fakeAgent(t, func(conn net.Conn, b []byte) { asked = b; _, _ = conn.Write(whole) }), cert, message)
	if err != nil || string(got) != string(s) {
		t.Errorf("a good one: %v", err)
	}
	if len(asked) == 0 || asked[0] != signRequest || binary.BigEndian.Uint32(asked[len(asked)-4:]) != flagSHA256 {
		t.Errorf("asked %x", asked)
	}
}

func TestSocketsThatAreNone(t *testing.T) {
	need.Unix(t, "Wine has no sockets of the family unix")
	mine, _ := keys()
	cert := certificate(t, mine)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "left.sock") // whose agent has gone
	l, err := net.Listen("unix", left)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	for path, want := range map[string]string{
		filepath.Join(dir, "absent"): "can't be found: no such file or directory",
		file:                         "is no socket",
		dir:                          "is no socket",
		left:                         "can't be reached: connection refused",
	} {
		_, err := Agent(bound(t), "sign_agent x", path, cert, message)
		if err == nil || err.Error() != "sign_agent x "+want {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

// Whatever an agent answers, nothing but a signature by the key comes out.
func FuzzAgentAnswer(f *testing.F) {
	mine, _ := keys()
	cert := certificate(f, mine)
	s := sign(f, mine, message)
	f.Add(response(wantFormat, s)[4:])
	f.Add([]byte{failure})
	f.Add([]byte{signResponse, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, answer []byte) {
		if len(answer) == 0 {
			return
		}
		signature, format, ok := signed(answer)
		if !ok || format != wantFormat {
			return
		}
		if got, err := Checked("x", cert, message, signature); err == nil && string(got) != string(s) {
			t.Errorf("%x", got)
		}
	})
}
