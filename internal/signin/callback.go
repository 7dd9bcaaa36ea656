package signin

import (
	"bufio"
	"context"
	"crypto/subtle"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// serverName is the Server header by which one login recognises another.
const serverName = "credential-idcs"

// mostConnections is how many connections without a request may be open, and how many may wait for the page. A browser
// opens a handful.
const mostConnections = 64

// A callback is the listener that the browser comes back to. It accepts one answer.
type callback struct {
	redirect *redirect
	check    check
	sign     sign          // of each page
	say      func(string)  // prints to the terminal
	hide     []secret.Text // never shown on a page
	results  chan result   // the one answer
	server   *http.Server

	mu     sync.Mutex
	taken  bool
	came   bool        // by a browser, not pasted
	answer secret.Text // the query of the answer
	told   int         // how many strays were reported
	open   []net.Conn  // connections without a request yet, the oldest first

	waiters atomic.Int32 // for the page

	finished chan struct{} // closed when page is set
	page     []byte
	once     sync.Once
	shown    chan struct{} // closed when a browser got the page
}

// CanListen is why a browser couldn't come back to a redirect URL now, a *RedirectError or a *PortError, or nil.
func CanListen(redirectURL, listen string) error {
	r, err := parseRedirect(redirectURL, listen)
	if err != nil {
		return err
	}
	listeners, err := r.open()
	for _, l := range listeners {
		_ = l.Close()
	}
	return err
}

// open listens at all the addresses of r, or at none: the error is a *PortError.
func (r *redirect) open() (listeners []net.Listener, err error) {
	for _, address := range r.listen {
		l, err := net.Listen("tcp", address)
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			return nil, &PortError{Address: address, Login: isLogin(address), Err: err}
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// openCallback listens where the browser comes back to; its error is open's.
func openCallback(r *redirect, c check, s sign) (*callback, error) {
	listeners, err := r.open()
	if err != nil {
		return nil, err
	}
	cb := &callback{
		redirect: r, check: c, sign: s, results: make(chan result, 1), say: func(string) {},
		finished: make(chan struct{}), shown: make(chan struct{}),
	}
	cb.server = &http.Server{
		Handler:           cb,
		ReadHeaderTimeout: 10 * time.Second, // other users of this machine can connect, too
		MaxHeaderBytes:    64 << 10,
		ConnState:         cb.crowd,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	cb.server.SetKeepAlivesEnabled(false) // else anybody could hold memory by keeping connections open
	for _, l := range listeners {
		go func() { _ = cb.server.Serve(l) }() // until close
	}
	return cb, nil
}

// isLogin asks the program that listens at an address whether it is a login of ours.
func isLogin(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+serverName+"\r\nConnection: close\r\n\r\n"); err != nil {
		return false
	}
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 64<<10)), nil)
	return err == nil && resp.Header.Get("Server") == serverName
}

func (cb *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ours := r.Method == http.MethodGet && cb.redirect.here(r.Host) && cb.redirect.at(r.URL)
	if cb.isTaken() {
		switch {
		case ours && r.URL.RawQuery == "" && cb.waiters.Add(1) <= mostConnections:
			cb.show(w, r)
		case ours && cb.again(r.URL.RawQuery): // browsers fetch an address in advance, and then visit it
			cb.sendOn(w)
		default:
			panic(http.ErrAbortHandler) // closes the connection
		}
		return
	}
	if !ours {
		of := cb.sign
		if !cb.redirect.here(r.Host) { // a stranger's page could read this one
			of = sign{}
		}
		cb.reply(w, http.StatusBadRequest, of.notOurs("Nothing is waiting for this address."))
		return
	}
	got, err := cb.redirect.read(r.URL.RawQuery, cb.check)
	if err != nil {
		cb.tell(r.URL.RawQuery)
		cb.reply(w, http.StatusBadRequest, cb.sign.notOurs("This address is of no use here: "+err.Error()+"."))
		return
	}
	if !cb.take() {
		panic(http.ErrAbortHandler)
	}
	cb.mu.Lock()
	cb.came, cb.answer = true, secret.New(r.URL.RawQuery)
	cb.mu.Unlock()
	cb.sendOn(w)
	cb.results <- got
}

// sendOn sends the browser to its page, at an address without the query.
func (cb *callback) sendOn(w http.ResponseWriter) {
	w.Header().Set("Location", cb.redirect.url)
	cb.reply(w, http.StatusSeeOther, nil)
}

// again reports whether a query is the answer that was accepted.
func (cb *callback) again(query string) bool {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	return !cb.answer.Empty() && subtle.ConstantTimeCompare([]byte(query), []byte(cb.answer.Reveal())) == 1
}

// hear sets the function that prints to the terminal.
func (cb *callback) hear(say func(string)) {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	cb.say = say
}

// tell reports a refusal without our state. Other users of this machine can send any number of them, so at most three
// are reported.
func (cb *callback) tell(query string) {
	refused, ok := stray(query)
	if !ok {
		return
	}
	cb.mu.Lock()
	cb.told++
	told, say := cb.told, cb.say
	cb.mu.Unlock()
	if told <= 3 {
		say("the browser came back with " + refused.Code + " and without the state of this login, which goes on waiting")
	}
}

// crowd limits the connections without a request: each takes memory, and another user of this machine could open
// thousands. The oldest is closed.
func (cb *callback) crowd(c net.Conn, s http.ConnState) {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	if s != http.StateNew {
		cb.open = slices.DeleteFunc(cb.open, func(o net.Conn) bool { return o == c })
		return
	}
	if len(cb.open) == mostConnections {
		_ = cb.open[0].Close()
		cb.open = cb.open[1:]
	}
	cb.open = append(cb.open, c)
}

// show sends the page as soon as it is set.
func (cb *callback) show(w http.ResponseWriter, r *http.Request) {
	select {
	case <-cb.finished:
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Connection", "close")
	cb.reply(w, http.StatusOK, cb.page)
	if r.Header.Get("Sec-Purpose") != "" { // fetched in advance: the person doesn't see it yet
		return
	}
	cb.once.Do(func() { close(cb.shown) })
}

// reply writes a page that may not be cached or framed.
func (cb *callback) reply(w http.ResponseWriter, status int, page []byte) {
	h := w.Header()
	h.Set("Server", serverName)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", policy())
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page)
	_ = http.NewResponseController(w).Flush() // the process may end soon
}

// take accepts the one answer for the caller. False: another was first.
func (cb *callback) take() bool {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	if cb.taken {
		return false
	}
	cb.taken = true
	return true
}

func (cb *callback) isTaken() bool {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	return cb.taken
}

// visited reports whether a browser brought the answer.
func (cb *callback) visited() bool {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	return cb.came
}

// finish sets the page and waits until a browser got it, or until late.
func (cb *callback) finish(err error, late <-chan time.Time) {
	if !cb.visited() {
		return
	}
	if err == nil {
		cb.page = cb.sign.success()
	} else {
		cb.page = cb.sign.failure(cb.harmless(err))
	}
	close(cb.finished)
	select {
	case <-cb.shown:
	case <-late:
	}
}

// harmless is a reason for the page, empty if it has a secret. No error has one today; this is in case of a mistake.
func (cb *callback) harmless(err error) string {
	s := err.Error()
	for _, hidden := range cb.hide {
		if !hidden.Empty() && strings.Contains(s, hidden.Reveal()) {
			return ""
		}
	}
	return text.Clean(s)
}

// close stops listening. Pages that are being sent arrive; connections without a request, which browsers open in
// advance, are closed after a moment.
func (cb *callback) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	if cb.server.Shutdown(ctx) != nil {
		_ = cb.server.Close()
	}
}
