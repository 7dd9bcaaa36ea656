package idcs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Whatever a domain does, the request arrives once: one connection, one POST.
func TestEveryFaultCostsOneRequest(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	whole := fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", ok, len(good), good)
	write := func(s string) func(*rawDomain, *net.TCPConn, *tls.Conn) {
		return func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
			if d.read(conn) == nil {
				io.WriteString(conn, s)
				conn.Close()
			}
		}
	}
	writeThenReset := func(s string) func(*rawDomain, *net.TCPConn, *tls.Conn) {
		return func(d *rawDomain, tcp *net.TCPConn, conn *tls.Conn) {
			if d.read(conn) == nil {
				io.WriteString(conn, s)
				reset(tcp)
			}
		}
	}
	for _, tt := range []struct {
		name    string
		behave  func(*rawDomain, *net.TCPConn, *tls.Conn)
		class   Class // "": an answer
		outcome Outcome
	}{
		{"whole", write(whole), "", 0},
		{"without a length", write(ok + "\r\n" + good), "", 0},
		{"in chunks", write(ok + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(good), good)), "", 0},
		{"interim answers first", write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + whole), "", 0},
		{"an answer before the reset", writeThenReset(whole), "", 0},

		{"closed without an answer", write(""), ErrInDoubt, Lost},
		{"reset without an answer", writeThenReset(""), ErrInDoubt, Lost},
		{"reset after one byte", writeThenReset("H"), ErrInDoubt, Lost},
		{"reset after the headers", writeThenReset(ok + "Content-Length: 500\r\n\r\n"), ErrInDoubt, Lost},
		{"cut in the body", write(ok + "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 500\r\n\r\n" + good[:40]), ErrInDoubt, Lost},
		{"cut in a chunk", write(ok + "Transfer-Encoding: chunked\r\n\r\nfff\r\n" + good[:40]), ErrInDoubt, Lost},
		{"cut in the refresh token", write(ok + "Content-Length: 500\r\n\r\n" + good[:strings.Index(good, "new=")]), ErrInDoubt, Lost},
		{"cut without a length", write(ok + "\r\n" + good[:40]), ErrLater, Doubtful},
		{"no http", write("SSH-2.0-OpenSSH_9.2\r\n"), ErrInDoubt, Lost},
		{"interim answers for ever", func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
			if d.read(conn) == nil {
				repeat(conn, "HTTP/1.1 102 Processing\r\n\r\n", 1<<20)
			}
		}, ErrInDoubt, Lost},
		{"100 MiB of header", func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
			if d.read(conn) == nil {
				io.WriteString(conn, ok+"X-Long: ")
				repeat(conn, strings.Repeat("x", 1<<14), 100<<20)
			}
		}, ErrInDoubt, Lost},
		{"1 GiB of body", func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
			if d.read(conn) == nil {
				io.WriteString(conn, ok+"\r\n"+`{"x":"`)
				repeat(conn, strings.Repeat("x", 1<<14), 1<<30)
			}
		}, ErrLater, Doubtful},
		{"reset in the middle of the request", func(d *rawDomain, tcp *net.TCPConn, conn *tls.Conn) {
			if conn.Handshake() == nil {
				d.requests.Add(1)
				var b [1]byte
				conn.Read(b[:])
				reset(tcp)
			}
		}, ErrInDoubt, Lost},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newRawDomain(t, tt.behave)
			sent := 0
			a, err := newClient(d.URL).Token(bound(t), refreshGrant(), func() error { sent++; return nil })
			if tt.class == "" {
				if err != nil || a.Refresh.Reveal() != "AQIDBAUnew=" {
					t.Fatalf("got %v, %v", a, err)
				}
			} else {
				e := expect(t, err, tt.class, tt.outcome)
				if tt.name == "cut in the body" && (e.Status != 200 || e.Clock == (Clock{})) {
					t.Errorf("got %+v, want what the header said", e)
				}
				if strings.Contains(fmt.Sprintf("%v %+v %v", e, e, e.Err), "AQIDBAU") {
					t.Errorf("a token in %v, %v", e, e.Err)
				}
			}
			if n, c := d.requests.Load(), d.connections.Load(); n != 1 || c != 1 || sent != 1 {
				t.Errorf("%d requests, %d connections, sending %d times, want 1 each", n, c, sent)
			}
		})
	}
}

// An answer that came before the request was read to its end counts.
func TestAnEarlyAnswerIsHeard(t *testing.T) {
	d := newRawDomain(t, func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
		io.WriteString(conn, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
		io.Copy(io.Discard, conn)
	})
	_, err := newClient(d.URL).Token(bound(t), refreshGrant(), nil)
	if e := expect(t, err, ErrLater, Settled); e.RetryAfter != 7*time.Second {
		t.Errorf("RetryAfter %v", e.RetryAfter)
	}
}

// repeat writes s until total bytes are out or the other side has gone.
func repeat(w io.Writer, s string, total int) {
	b := []byte(s)
	for n := 0; n < total; n += len(b) {
		if _, err := w.Write(b); err != nil {
			return
		}
	}
}

// A bomb must not cost memory: what is allocated in all stays near the limits.
func TestEndlessAnswersAreNotKept(t *testing.T) {
	d := newRawDomain(t, func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
		if d.read(conn) == nil {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("[", 16))
			repeat(conn, strings.Repeat("[", 1<<14), 1<<30)
		}
	})
	got := allocated(func() {
		_, err := newClient(d.URL).Token(bound(t), refreshGrant(), nil)
		expect(t, err, ErrLater, Doubtful)
	})
	if got > 16<<20 {
		t.Errorf("%d MiB allocated", got>>20)
	}
}

// allocated is how many bytes do allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// The domain hangs at every stage, and the caller's context ends the call: before sending with
// nothing sent, afterwards in doubt. The test cancels when the stage is reached, so nothing is timed.
func TestHangsEndWithTheContext(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stage  func(d *rawDomain, conn *tls.Conn)
		class  Class
		result Outcome
	}{
		{"in the handshake", func(d *rawDomain, conn *tls.Conn) {}, ErrLater, NotSent},
		{"before the answer", func(d *rawDomain, conn *tls.Conn) { d.read(conn) }, ErrInDoubt, Lost},
		{"in the status", func(d *rawDomain, conn *tls.Conn) { d.read(conn); io.WriteString(conn, "HTT") }, ErrInDoubt, Lost},
		{"in the headers", func(d *rawDomain, conn *tls.Conn) { d.read(conn); io.WriteString(conn, "HTTP/1.1 200 OK\r\nA: b\r\n") }, ErrInDoubt, Lost},
		{"in the body", func(d *rawDomain, conn *tls.Conn) {
			d.read(conn)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"+good[:50])
		}, ErrInDoubt, Lost},
		{"in the request", func(d *rawDomain, conn *tls.Conn) { conn.Read(make([]byte, 1)) }, ErrInDoubt, Lost},
	} {
		for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
			t.Run(tt.name+", "+cause.Error(), func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(bound(t))
				d := newRawDomain(t, func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
					tt.stage(d, conn)
					cancel(cause)
					<-d.done
				})
				g := refreshGrant()
				if tt.name == "in the request" { // more than any socket buffer takes
					g.Token = secret.New(strings.Repeat("AQIDBAU", 4<<20))
				}
				_, err := newClient(d.URL).Token(ctx, g, nil)
				e := expect(t, err, tt.class, tt.result)
				if !errors.Is(err, cause) {
					t.Errorf("got %v, want %v inside", e.Err, cause)
				}
			})
		}
	}
}

// The limit for connecting is one of its own, and ends with nothing sent.
func TestConnectingHasALimit(t *testing.T) {
	d := newRawDomain(t, func(d *rawDomain, _ *net.TCPConn, _ *tls.Conn) { <-d.done })
	c := newClient(d.URL)
	c.Connect = 50 * time.Millisecond
	_, err := c.Token(bound(t), refreshGrant(), nil)
	e := expect(t, err, ErrLater, NotSent)
	if e.Error() != "no connection to the domain within 50ms" {
		t.Errorf("got %q", e)
	}
}

// It doesn't end an answer that takes longer: here the answer comes when the limit has passed.
func TestTheConnectLimitDoesNotCutTheAnswer(t *testing.T) {
	passed := make(chan struct{})
	d := newDomain(t, func(w http.ResponseWriter, r *http.Request) { <-passed; io.WriteString(w, good) })
	c := newClient(d.URL)
	c.Connect = 2 * time.Second
	_, err := c.Token(bound(t), refreshGrant(), func() error {
		time.AfterFunc(c.Connect, func() { close(passed) })
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// S38.
func TestRedirectsAreNeverFollowed(t *testing.T) {
	other := newDomain(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, good) })
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for location, want := range map[string]string{
			other.URL + "/oauth2/v1/token?x=1":     "the domain redirects to " + other.URL,
			"http://plain.example.com/a":           "the domain redirects to http://plain.example.com",
			"https://user:pw@h\u202e.example.com/": "the domain redirects to https://h?.example.com",
			"/ui/v1/signin":                        "the domain redirects within itself; is this the identity domain's address",
			"":                                     "the domain redirects, without saying where to",
			"https://[::1":                         "the domain redirects, without saying where to",
			"//" + strings.TrimPrefix(other.URL, "https://") + "/x": "the domain redirects to " + other.URL,
		} {
			d := newDomain(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Location"] = []string{location}
				w.WriteHeader(status)
			})
			_, err := newClient(d.URL).Token(bound(t), refreshGrant(), nil)
			e := expect(t, err, ErrConfiguration, Settled)
			if got := e.Cause; got != want {
				t.Errorf("%d to %q: got %q, want %q", status, location, got, want)
			}
			if n := d.requests.Load(); n != 1 {
				t.Errorf("%d to %q: %d requests", status, location, n)
			}
		}
	}
	if n := other.requests.Load(); n != 0 {
		t.Errorf("%d requests at the other host", n)
	}
}
