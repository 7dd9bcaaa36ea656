package signin

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/host"
)

// A watch is a clock that only waiting moves.
type watch struct {
	mu    sync.Mutex
	now   time.Time
	waits []int // seconds
	wake  func(n int)
}

func (w *watch) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// after jumps there.
func (w *watch) after(d time.Duration) <-chan time.Time {
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.waits = append(w.waits, int(d/time.Second))
	n := len(w.waits)
	w.mu.Unlock()
	if w.wake != nil {
		w.wake(n)
	}
	return at(d)
}

// A deviceLogin is a Device that ran to its end. during is called in each wait, with its number.
type deviceLogin struct {
	domain *idcstest.Server
	watch  *watch
	stderr string
	answer idcs.Answer
	err    error
}

func runDevice(t *testing.T, o idcstest.Options, screen host.Screen, prepare func(*idcstest.Server), during func(s *idcstest.Server, n int)) deviceLogin {
	t.Helper()
	w := &watch{now: time.Now()}
	o.Clock = w.Now
	s, c := newDomain(t, o, "http://127.0.0.1:8976/callback")
	if prepare != nil {
		prepare(s)
	}
	if during != nil {
		w.wake = func(n int) { during(s, n) }
	}
	var stderr paper
	poll := func(ctx context.Context, g idcs.Grant) (idcs.Answer, error) { return c.Token(ctx, g, nil) }
	a, err := Device(bound(t), Person{Stderr: &stderr, After: w.after, Screen: screen}, c, scope, poll)
	return deviceLogin{s, w, stderr.String(), a, err}
}

func expectWaits(t *testing.T, l deviceLogin, want ...int) {
	t.Helper()
	if !reflect.DeepEqual(l.watch.waits, want) {
		t.Errorf("waited %v s, want %v", l.watch.waits, want)
	}
}

func approveAt(n int) func(*idcstest.Server, int) {
	return func(s *idcstest.Server, i int) {
		if i == n {
			s.ApproveDevice("", "")
		}
	}
}

// S66: without an interval, 5 s; and http of the domain's own host is shown as https (S43b).
func TestADeviceLoginEndsInAToken(t *testing.T) {
	l := runDevice(t, idcstest.Options{DevicePace: 5 * time.Second}, host.Screen{}, nil, approveAt(3))
	if l.err != nil || l.answer.Refresh.Empty() {
		t.Fatalf("got %+v, %v", l.answer, l.err)
	}
	expectWaits(t, l, 5, 5, 5)
	head, code, ok := strings.Cut(l.stderr, "enter the code ")
	code, address, _ := strings.Cut(code, "\n")
	if !ok || head != "credential-idcs: open this address on any device and " || len(code) != 8 || address != "\t"+l.domain.URL()+"/ui/v1/device\n" {
		t.Errorf("got %q", l.stderr)
	}
}

// S66.
func TestADeviceLoginKeepsTheDomainsInterval(t *testing.T) {
	l := runDevice(t, idcstest.Options{DeviceInterval: 11 * time.Second, DevicePace: 11 * time.Second}, host.Screen{}, nil, approveAt(2))
	if l.err != nil {
		t.Fatal(l.err)
	}
	expectWaits(t, l, 11, 11)
}

// RFC 8628 3.5: slow_down adds 5 s, for good, each time.
func TestSlowDownIsObeyed(t *testing.T) {
	l := runDevice(t, idcstest.Options{}, host.Screen{}, func(s *idcstest.Server) {
		s.ScriptPolls("authorization_pending", "slow_down", "authorization_pending", "slow_down", "authorization_pending")
	}, approveAt(1))
	if l.err != nil {
		t.Fatal(l.err)
	}
	expectWaits(t, l, 5, 5, 10, 10, 15, 15)
}

func TestDenialAndExpiryEndADeviceLogin(t *testing.T) {
	for code, want := range map[string]error{"access_denied": ErrDenied, "expired_token": ErrExpired} {
		l := runDevice(t, idcstest.Options{}, host.Screen{}, func(s *idcstest.Server) { s.ScriptPolls("authorization_pending", code) }, nil)
		e, ok := errors.AsType[*idcs.Error](l.err)
		if !ok || !errors.Is(l.err, want) || !errors.Is(l.err, idcs.ErrLoginFailed) || e.Code != code || !strings.HasPrefix(e.Error(), want.Error()) {
			t.Errorf("%s: got %v", code, l.err)
		}
		expectWaits(t, l, 5, 5)
	}
	l := runDevice(t, idcstest.Options{}, host.Screen{}, nil, func(s *idcstest.Server, n int) {
		if n == 2 {
			s.DenyDevice("")
		}
	})
	if !errors.Is(l.err, ErrDenied) {
		t.Errorf("got %v", l.err)
	}
}

// Nobody comes: it ends when the code does, and doesn't poll after that.
func TestADeviceLoginThatNobodyApprovesEndsWithItsCode(t *testing.T) {
	l := runDevice(t, idcstest.Options{DeviceTTL: 62 * time.Second}, host.Screen{}, nil, nil)
	if !errors.Is(l.err, ErrExpired) || l.err.Error() != "the code expired before anybody approved it" {
		t.Errorf("got %v", l.err)
	}
	if n := l.domain.Posts(idcstest.DeviceCode); n != 12 {
		t.Errorf("%d polls in 62 s, want 12", n)
	}
	sum := 0
	for _, s := range l.watch.waits {
		sum += s
	}
	if sum > 62 {
		t.Errorf("waited %d s for a code of 62 s: %v", sum, l.watch.waits)
	}
}

// 429, 5xx and lost answers are ridden out, ever more slowly; a domain that recovers goes on as before.
func TestTroubleOnTheWayDoesNotEndADeviceLogin(t *testing.T) {
	l := runDevice(t, idcstest.Options{}, host.Screen{}, func(s *idcstest.Server) {
		s.Script(
			idcstest.Fault{On: idcstest.DeviceCode, Nth: 1, Status: 503},
			idcstest.Fault{On: idcstest.DeviceCode, Nth: 2, Status: 500},
			idcstest.Fault{On: idcstest.DeviceCode, Nth: 3, Status: 429, Header: http.Header{"Retry-After": {"90"}}},
			idcstest.Fault{On: idcstest.DeviceCode, Nth: 5, Do: idcstest.Reset},
		)
	}, approveAt(6))
	if l.err != nil {
		t.Fatal(l.err)
	}
	expectWaits(t, l, 5, 10, 20, 90, 5, 10)
}

// A domain that is down until the end is the reason then, not the person.
func TestADomainThatStaysDownIsTheReason(t *testing.T) {
	l := runDevice(t, idcstest.Options{}, host.Screen{}, nil, func(s *idcstest.Server, n int) {
		if n == 2 {
			s.Stop()
		}
	})
	if !errors.Is(l.err, idcs.ErrLater) || errors.Is(l.err, ErrExpired) {
		t.Errorf("got %v", l.err)
	}
	if len(l.watch.waits) < 5 {
		t.Errorf("gave up after %v", l.watch.waits)
	}
}

// What no waiting mends ends it at once: another error, or a code that somebody used.
func TestOtherErrorsEndADeviceLogin(t *testing.T) {
	for code, class := range map[string]idcs.Class{
		"invalid_grant": idcs.ErrLoginFailed, "unauthorized_client": idcs.ErrConfiguration, "teapot": idcs.ErrFailure,
	} {
		l := runDevice(t, idcstest.Options{}, host.Screen{}, func(s *idcstest.Server) { s.ScriptPolls(code) }, nil)
		if !errors.Is(l.err, class) {
			t.Errorf("%s: got %v", code, l.err)
		}
		expectWaits(t, l, 5)
	}
}

func TestAnInterruptedDeviceLoginEnds(t *testing.T) {
	_, c := newDomain(t, idcstest.Options{}, "http://127.0.0.1:8976/callback")
	why := errors.New("ended by signal 2")
	ctx, cancel := context.WithCancelCause(bound(t))
	after := func(time.Duration) <-chan time.Time { cancel(why); return nil }
	_, err := Device(ctx, Person{Stderr: &paper{}, After: after}, c, scope, nil)
	if !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
}

// On a terminal: a QR code where there is room, and a line that lives and is gone at the end.
func TestADeviceLoginOnATerminal(t *testing.T) {
	wide := host.Screen{Terminal: true, Columns: 80, Rows: 40, Blocks: true}
	l := runDevice(t, idcstest.Options{}, wide, nil, approveAt(1))
	if l.err != nil {
		t.Fatal(l.err)
	}
	if !strings.Contains(l.stderr, "▀") || !strings.Contains(l.stderr, "\rwaiting for the approval of ") || !strings.Contains(l.stderr, ", 5:00 left") {
		t.Errorf("got %q", l.stderr)
	}
	last := l.stderr[strings.LastIndexByte(strings.TrimSuffix(l.stderr, "\r"), '\r')+1:]
	if strings.TrimSpace(last) != "" || !strings.HasSuffix(l.stderr, "\r") {
		t.Errorf("the living line stayed: %q", last)
	}
	for _, narrow := range []host.Screen{{Terminal: true, Columns: 20, Rows: 40, Blocks: true}, {Terminal: true, Columns: 80, Rows: 10, Blocks: true}, {Terminal: true, Columns: 80, Rows: 40}} {
		if l := runDevice(t, idcstest.Options{}, narrow, nil, approveAt(1)); strings.Contains(l.stderr, "▀") || strings.Contains(l.stderr, "\x1b") {
			t.Errorf("%+v: got %q", narrow, l.stderr)
		}
	}
	if l := runDevice(t, idcstest.Options{}, host.Screen{}, nil, approveAt(1)); strings.ContainsAny(l.stderr, "\r\x1b▀") {
		t.Errorf("a pipe got %q", l.stderr)
	}
}
