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

// A door is the listener that the browser comes back to. It takes one answer.
type door struct {
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

// openDoor listens where the browser comes back to; its error is open's.
func openDoor(r *redirect, c check, s sign) (*door, error) {
	listeners, err := r.open()
	if err != nil {
		return nil, err
	}
	d := &door{
		redirect: r, check: c, sign: s, results: make(chan result, 1), say: func(string) {},
		finished: make(chan struct{}), shown: make(chan struct{}),
	}
	d.server = &http.Server{
		Handler:           d,
		ReadHeaderTimeout: 10 * time.Second, // others on this machine can connect, too
		MaxHeaderBytes:    64 << 10,
		ConnState:         d.crowd,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	d.server.SetKeepAlivesEnabled(false) // each connection would take memory for as long as it likes
	for _, l := range listeners {
		go func() { _ = d.server.Serve(l) }() // until close
	}
	return d, nil
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

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ours := r.Method == http.MethodGet && d.redirect.here(r.Host) && d.redirect.at(r.URL)
	if d.isTaken() {
		switch {
		case ours && r.URL.RawQuery == "" && d.waiters.Add(1) <= mostConnections:
			d.show(w, r)
		case ours && d.again(r.URL.RawQuery): // browsers fetch an address in advance, and then visit it
			d.sendOn(w)
		default:
			panic(http.ErrAbortHandler) // hangs up: there is nothing to say to another answer
		}
		return
	}
	if !ours {
		of := d.sign
		if !d.redirect.here(r.Host) { // a page of a stranger could read it
			of = sign{}
		}
		d.reply(w, http.StatusBadRequest, of.notOurs("Nothing is waiting for this address."))
		return
	}
	got, err := d.redirect.read(r.URL.RawQuery, d.check)
	if err != nil {
		d.tell(r.URL.RawQuery)
		d.reply(w, http.StatusBadRequest, d.sign.notOurs("This address is of no use here: "+err.Error()+"."))
		return
	}
	if !d.take() {
		panic(http.ErrAbortHandler)
	}
	d.mu.Lock()
	d.came, d.answer = true, secret.New(r.URL.RawQuery)
	d.mu.Unlock()
	d.sendOn(w)
	d.results <- got
}

// sendOn sends the browser to its page, at an address without the query.
func (d *door) sendOn(w http.ResponseWriter) {
	w.Header().Set("Location", d.redirect.url)
	d.reply(w, http.StatusSeeOther, nil)
}

// again reports whether a query is the answer that was taken.
func (d *door) again(query string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.answer.Empty() && subtle.ConstantTimeCompare([]byte(query), []byte(d.answer.Reveal())) == 1
}

// hear says where to what the person should know goes.
func (d *door) hear(say func(string)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.say = say
}

// tell says of a refusal that it came without our state. Others on this machine can send any number of
// them, so it is said three times at most.
func (d *door) tell(query string) {
	refused, ok := stray(query)
	if !ok {
		return
	}
	d.mu.Lock()
	d.told++
	told, say := d.told, d.say
	d.mu.Unlock()
	if told <= 3 {
		say("the browser came back with " + refused.Code + " and without the state of this login, which goes on waiting")
	}
}

// crowd keeps the connections few on which nobody has said anything: each takes memory, and another
// user of this machine could open thousands. The oldest makes room.
func (d *door) crowd(c net.Conn, s http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s != http.StateNew {
		d.open = slices.DeleteFunc(d.open, func(o net.Conn) bool { return o == c })
		return
	}
	if len(d.open) == mostConnections {
		_ = d.open[0].Close()
		d.open = d.open[1:]
	}
	d.open = append(d.open, c)
}

// show gives the browser its page as soon as there is one.
func (d *door) show(w http.ResponseWriter, r *http.Request) {
	select {
	case <-d.finished:
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Connection", "close")
	d.reply(w, http.StatusOK, d.page)
	if r.Header.Get("Sec-Purpose") != "" { // fetched in advance: nobody has seen it yet
		return
	}
	d.once.Do(func() { close(d.shown) })
}

// reply writes a page that nobody keeps, frames or takes anything else from.
func (d *door) reply(w http.ResponseWriter, status int, page []byte) {
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
func (d *door) take() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken {
		return false
	}
	d.taken = true
	return true
}

func (d *door) isTaken() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.taken
}

// visited is whether a browser brought the answer.
func (d *door) visited() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.came
}

// finish tells the browser the end, and waits until it has heard it, or until late.
func (d *door) finish(err error, late <-chan time.Time) {
	if !d.visited() {
		return
	}
	if err == nil {
		d.page = d.sign.success()
	} else {
		d.page = d.sign.failure(d.harmless(err))
	}
	close(d.finished)
	select {
	case <-d.shown:
	case <-late:
	}
}

// harmless is a reason that can be shown. No error that gets here holds a secret; if one did one
// day, the page would be the wrong place to find out.
func (d *door) harmless(err error) string {
	s := err.Error()
	for _, hidden := range d.hide {
		if !hidden.Empty() && strings.Contains(s, hidden.Reveal()) {
			return ""
		}
	}
	return text.Clean(s)
}

// close stops listening. Pages on their way arrive; connections on which nobody said anything
// (browsers open some in advance) end after a moment.
func (d *door) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	if d.server.Shutdown(ctx) != nil {
		_ = d.server.Close()
	}
}
