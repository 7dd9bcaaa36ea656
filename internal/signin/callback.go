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

// serverName is how one login knows another.
const serverName = "credential-idcs"

// mostConnections is how many may be open with nothing said on them, and how many may wait for the page.
// A browser opens a handful.
const mostConnections = 64

// A callback is the listener that the browser comes back to. It takes one answer.
type callback struct {
	redirect *redirect
	check    check
	sign     sign          // of each page
	say      func(string)  // to the terminal, of what ends nothing
	hide     []secret.Text // never shown there
	results  chan result   // the one answer
	server   *http.Server

	mu     sync.Mutex
	taken  bool
	came   bool        // by a browser, not pasted
	answer secret.Text // the query that came
	told   int         // strays that were said
	open   []net.Conn  // connections on which nobody has said anything, the oldest first

	waiters atomic.Int32 // for the page

	finished chan struct{} // closed when page is there
	page     []byte
	once     sync.Once
	shown    chan struct{} // closed when a browser has it
}

// CanListen is nil if a browser could come back to a redirect URL now, else a *RedirectError or a
// *PortError.
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
		ReadHeaderTimeout: 10 * time.Second, // others on this machine can connect, too
		MaxHeaderBytes:    64 << 10,
		ConnState:         cb.crowd,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	cb.server.SetKeepAlivesEnabled(false) // each connection would take memory for as long as it likes
	for _, l := range listeners {
		go func() { _ = cb.server.Serve(l) }() // until close
	}
	return cb, nil
}

// isLogin asks whoever holds the address whether it is a login of ours.
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
			panic(http.ErrAbortHandler) // hangs up: there is nothing to say to another answer
		}
		return
	}
	if !ours {
		of := cb.sign
		if !cb.redirect.here(r.Host) { // a page of a stranger could read it
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

// again reports whether a query is the answer that was taken.
func (cb *callback) again(query string) bool {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	return !cb.answer.Empty() && subtle.ConstantTimeCompare([]byte(query), []byte(cb.answer.Reveal())) == 1
}

// hear says where to what the person should know goes.
func (cb *callback) hear(say func(string)) {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	cb.say = say
}

// tell says of a refusal that it came without our state. Others on this machine can send any number of
// them, so it is said three times at most.
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

// crowd keeps the connections few on which nobody has said anything: each takes memory, and another
// user of this machine could open thousands. The oldest makes room.
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

// show gives the browser its page as soon as there is one.
func (cb *callback) show(w http.ResponseWriter, r *http.Request) {
	select {
	case <-cb.finished:
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Connection", "close")
	cb.reply(w, http.StatusOK, cb.page)
	if r.Header.Get("Sec-Purpose") != "" { // fetched in advance: nobody has seen it yet
		return
	}
	cb.once.Do(func() { close(cb.shown) })
}

// reply writes a page that nobody keeps, frames or takes anything else from.
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

// take reserves the one answer for the caller. False: somebody was first.
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

// finish tells the browser the end, and waits until it has heard it, or until late.
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

// harmless is a reason that can be shown. No error that gets here holds a secret; if one did one
// day, the page would be the wrong place to find out.
func (cb *callback) harmless(err error) string {
	s := err.Error()
	for _, hidden := range cb.hide {
		if !hidden.Empty() && strings.Contains(s, hidden.Reveal()) {
			return ""
		}
	}
	return text.Clean(s)
}

// close stops listening. Pages on their way arrive; connections on which nobody said anything
// (browsers open some in advance) end after a moment.
func (cb *callback) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	if cb.server.Shutdown(ctx) != nil {
		_ = cb.server.Close()
	}
}
