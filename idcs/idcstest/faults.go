package idcstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// A Do is what happens to a connection in place of an answer, or in the middle of one.
type Do string

const (
	Stall     Do = "stall"      // nothing more comes until the client leaves
	Reset     Do = "reset"      // TCP RST: "connection reset by peer"
	Close     Do = "close"      // TLS close_notify and FIN: EOF
	Cut       Do = "cut"        // FIN without close_notify: unexpected EOF
	HalfClose Do = "half close" // close_notify and FIN, then reads on as long as the client writes
)

// A Stream is a body, or a header, that is too much.
type Stream string

const (
	Trickle  Stream = "trickle"         // the real body, a byte each Fault.Every
	Chunks   Stream = "endless chunks"  // small chunks without an end, as fast as they are read
	Huge     Stream = "1 GiB"           // Content-Length 1073741824, and all of it
	GzipBomb Stream = "gzip bomb"       // 1 GiB of zeros, compressed, unasked for
	Flood    Stream = "100 MiB headers" // a header of 100 MiB
	Interim  Stream = "endless 102"     // interim answers without an end
)

// A Fault makes one request, or each, go wrong. The zero values of all fields mean "as usual"; the
// fields may be combined. Faults that replace an answer still judge form and client first: a request
// that is wrong gets its real refusal, so that a script never hides a mistake.
type Fault struct {
	On      string // a grant's short name or an endpoint's; "": every request. Connection points: ""
	Nth     int    // the n-th that matches after Script, from 1; 0: each
	Onwards bool   // the n-th and all later ones
	At      Point  // where it happens; "": BeforeRotation, with Byte MidBody

	Delay time.Duration // waits at At first; a client that leaves meanwhile has its request dropped
	Do    Do            // ends the connection at At
	Byte  int           // with Do at MidBody: so many bytes of the body were sent

	// In place of the real answer. At BeforeRotation nothing is spent, at AfterRotation it is.
	Status int         // 0: the real one, or 200 where Body is set
	Header http.Header // added, and replacing members of the same name
	Body   string      // replaces the body
	Error  string      // replaces the body by this OAuth error; Status 400 unless set
	Raw    string      // replaces all of the answer, status line included

	// On top of the real answer.
	Stream     Stream
	Wrap       Wrap
	Every      time.Duration     // of Trickle; 0: 1 s
	DateOffset time.Duration     // added to the header Date
	NoDate     bool              // no header Date
	ECID       string            // replaces the member ecid of an error
	Set        map[string]string // members of the JSON body, as JSON text: {"expires_in": `"3600"`}
	Drop       []string          // members of the JSON body that are left out
}

// Set and Drop of refresh_token mean that the domain gives no successor: the old token isn't replaced.
func (f *Fault) withholds(member string) bool {
	if f == nil {
		return false
	}
	_, set := f.Set[member]
	return set || slices.Contains(f.Drop, member)
}

// point is where the fault happens.
func (f *Fault) point() Point {
	switch {
	case f.At != "":
		return f.At
	case f.Byte > 0:
		return MidBody
	}
	return BeforeRotation
}

// replaces reports whether the real answer is given up for another.
func (f *Fault) replaces(p Point) bool {
	return f != nil && f.point() == p && (f.Status != 0 || f.Body != "" || f.Error != "" || f.Raw != "")
}

// Script adds faults. The first that fires for a request is the one it gets; all that match count on. One that
// could never fire, such as a grant at a point where only the connection is known, or a Set
// that is no JSON, panics.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		mustMatch(f.On, f.point())
		for name, value := range f.Set {
			if !json.Valid([]byte(value)) {
				panic(fmt.Sprintf("idcstest: member %s would be no JSON: %s", name, value))
			}
		}
		s.faults = append(s.faults, &scripted{Fault: f})
	}
}

// Unscript removes all faults, and all gates that no request has come to. A request that stalls goes on
// stalling.
func (s *Server) Unscript() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.gates = nil, nil
}

type scripted struct {
	Fault
	seen int
}

// fault picks the fault for a request or connection that has these names, among those that applies
// lets through.
func (s *Server) fault(applies func(Point) bool, names []string) (hit *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if !applies(f.point()) || f.On != "" && !slices.Contains(names, f.On) {
			continue
		}
		f.seen++
		fires := f.Nth == 0 || f.seen == f.Nth || f.Onwards && f.seen > f.Nth
		if fires && hit == nil {
			hit = &f.Fault
		}
	}
	return hit
}

// replacement is the answer that the script wants.
func (f *Fault) replacement() answer {
	a := answer{status: f.Status, header: http.Header{"Content-Type": {"application/json;charset=UTF-8"}}, body: []byte(f.Body)}
	switch {
	case f.Error != "":
		status := f.Status
		if status == 0 {
			status = http.StatusBadRequest
		}
		a = (&refusal{status: status, code: f.Error, text: "As the test's script says."}).answer()
	case a.status == 0:
		a.status = http.StatusOK
	}
	return a
}

// retouch changes what the script wants changed in an answer, real or not.
func (f *Fault) retouch(a answer) answer {
	for name, values := range f.Header {
		a.header[http.CanonicalHeaderKey(name)] = values
	}
	if f.Set == nil && f.Drop == nil && f.ECID == "" {
		return a
	}
	members := map[string]json.RawMessage{}
	if json.Unmarshal(a.body, &members) != nil {
		return a
	}
	for name, value := range f.Set {
		members[name] = json.RawMessage(value)
	}
	for _, name := range f.Drop {
		delete(members, name)
	}
	if _, isError := members["ecid"]; isError && f.ECID != "" {
		members["ecid"], _ = json.Marshal(f.ECID)
	}
	body, err := json.Marshal(members)
	if err != nil {
		panic(err) // Script let only JSON in
	}
	a.body = body
	return a
}
