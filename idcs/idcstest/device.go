package idcstest

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A device login is one that a person approves elsewhere.
type deviceLogin struct {
	client  string
	user    string // who approved; "" while nobody has
	denied  bool
	used    bool
	scope   []string
	expires time.Time
	polled  time.Time
	pace    time.Duration
}

// device is step one of the device grant, in Oracle's own form: response_type=device_code, which RFC
// 8628 3.1 doesn't have, and no client authentication. D DCGT.
func (x *exchange) device(form url.Values) (func() answer, *refusal) {
	if x.req.Header.Get("Authorization") != "" {
		return nil, badRequest("Authorization at the device endpoint")
	}
	if ref := only(form, []string{"response_type", "scope", "client_id"}); ref != nil {
		return nil, ref
	}
	c := x.s.client(form.Get("client_id"))
	scope := splitScope(form.Get("scope"))
	switch {
	case form.Get("response_type") != "device_code":
		return nil, badRequest("response_type is not device_code")
	case c == nil:
		return nil, badClient("client is unknown")
	case !c.may(DeviceCode):
		return nil, &refusal{400, "unauthorized_client", "The client is not allowed to use this grant.", "no device_code for this client"}
	}
	if ref := checkScope(c, scope); ref != nil {
		return nil, ref
	}
	return func() answer { return x.startDevice(c, scope) }, nil
}

func (x *exchange) startDevice(c *Client, scope []string) answer {
	s := x.s
	code := newOpaque()
	// Consonants only, as the sample's BCDFGHJK: nobody types a word by chance.
	user := strings.Map(func(r rune) rune { return rune("BCDFGHJKLMNPQRST"[r&15]) }, randomHex(4))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.devices[code] = &deviceLogin{client: c.ID, scope: scope, expires: s.now().Add(s.opts.DeviceTTL), pace: s.opts.DevicePace}
	s.userCodes[user] = code
	s.secrets = keep(s.opts.Keep, append(s.secrets, code))
	out := map[string]any{
		"expires_in":       int(s.opts.DeviceTTL / time.Second),
		"device_code":      code,
		"user_code":        user,
		"verification_uri": "http://" + s.host + "/ui/v1/device", // http, as the sample has it
	}
	if s.opts.DeviceInterval > 0 {
		out["interval"] = int(s.opts.DeviceInterval / time.Second)
	}
	return jsonAnswer(http.StatusOK, out)
}

// deviceCode answers a poll. RFC 8628 3.5 names the codes; Oracle documents none.
func (x *exchange) deviceCode(c *Client, form url.Values) (answer, *refusal) {
	s := x.s
	wait := func(code string) *refusal { return &refusal{400, code, "The device login: " + code, code} }
	s.mu.Lock()
	d := s.devices[form.Get("device_code")]
	if d == nil || d.client != c.ID || d.used {
		s.mu.Unlock()
		return answer{}, badGrant("The device code is invalid.", "unknown, used, or another client's")
	}
	now := s.now()
	early := !d.polled.IsZero() && now.Before(d.polled.Add(d.pace))
	d.polled = now
	scripted := ""
	if len(s.polls) > 0 {
		scripted, s.polls = s.polls[0], s.polls[1:]
	}
	var ref *refusal
	switch {
	case scripted != "":
		ref = wait(scripted)
	case !now.Before(d.expires):
		ref = wait("expired_token")
	case early:
		d.pace += 5 * time.Second // RFC 8628 3.5
		ref = wait("slow_down")
	case d.denied:
		ref = wait("access_denied")
	case d.user == "":
		ref = wait("authorization_pending")
	default:
		d.used = true
	}
	s.mu.Unlock()
	if ref != nil {
		return answer{}, ref
	}
	a, _ := x.grantLogin(login{client: c, user: d.user, scope: d.scope, person: true})
	return a, nil
}

// ApproveDevice is a person who types userCode on the domain's page; "" approves all that wait. user
// "" is ana. It reports whether anything waited.
func (s *Server) ApproveDevice(userCode, user string) bool {
	if user == "" {
		user = s.User.Name
	}
	return s.decideDevice(userCode, func(d *deviceLogin) { d.user = user })
}

// DenyDevice is a person who says no.
func (s *Server) DenyDevice(userCode string) bool {
	return s.decideDevice(userCode, func(d *deviceLogin) { d.denied = true })
}

func (s *Server) decideDevice(userCode string, decide func(*deviceLogin)) (found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for u, code := range s.userCodes {
		if userCode == "" || userCode == u {
			decide(s.devices[code])
			found = true
		}
	}
	return found
}

// ScriptPolls answers the next polls of any device login with these errors, such as
// authorization_pending, slow_down, access_denied, expired_token, before the real state counts.
func (s *Server) ScriptPolls(errors ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls = append(s.polls, errors...)
}
