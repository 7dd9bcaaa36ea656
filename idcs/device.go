package idcs

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Device is a login that a person finishes on another device.
type Device struct {
	Code     secret.Text // for the grant DeviceCode
	UserCode string      // what the person types there: letters, digits, single hyphens between them
	URL      string      // where: https, without user information
	// Interval is how long to wait between two polls: 5 s unless the domain says more.
	Interval time.Duration
	// Life is how long the code can be polled, from SentAt on: 300 s unless the domain says otherwise.
	Life   time.Duration
	SentAt time.Time
	Clock  Clock
}

const (
	deviceInterval    = 5 * time.Second // RFC 8628 3.2; the domain shows none
	maxDeviceInterval = 60 * time.Second
	maxDeviceLife     = time.Hour
	maxUserCode       = 32
)

// Device begins a device login. Unlike RFC 8628 3.1 the domain needs `response_type`, and neither
// secret nor assertion.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/DCGT.htm
func (c *Client) Device(ctx context.Context, scope string) (Device, error) {
	form := url.Values{"response_type": {"device_code"}, "client_id": {c.ClientID}}
	setScope(form, scope)
	r, err := c.post(ctx, ctx, devicePath, form, nil, nil)
	if err != nil {
		return Device{}, err
	}
	m, ok := members(r.Body)
	if r.Status/100 != 2 || !ok || isError(m["error"]) {
		return Device{}, r.fail(ErrFailure)
	}
	d := Device{
		Code:     secret.New(textOf(m["device_code"])),
		UserCode: strings.TrimSpace(textOf(m["user_code"])),
		Interval: deviceInterval,
		Life:     defaultLife,
		SentAt:   r.Sent,
		Clock:    r.Clock(),
	}
	if f, ok := number(m["interval"]); ok {
		d.Interval = min(max(seconds(f), deviceInterval), maxDeviceInterval)
	}
	if f, ok := number(m["expires_in"]); ok {
		d.Life = min(seconds(f), maxDeviceLife)
	}
	cause := ""
	d.URL, ok = c.verification(textOf(m["verification_uri"]))
	switch {
	case d.Code.Empty():
		cause = "the domain's answer has no device code"
	case !typeable(d.UserCode):
		cause = "the domain's answer has no user code that could be shown"
	case !ok:
		cause = "the domain's answer has no address that a person could be sent to"
	case d.Life <= 0:
		cause = "the domain's device code has already expired"
	}
	if cause != "" {
		r.secrets = append(r.secrets, d.Code.Reveal())
		e := r.fail(ErrFailure)
		e.Cause = cause
		return Device{}, e
	}
	return d, nil
}

// typeable reports whether a user code is one, such as BCDF-GHJK (RFC 8628 6.1): a person copies it from a
// terminal, perhaps back into one, so it must not be a line that a shell would run.
func typeable(code string) bool {
	if code == "" || len(code) > maxUserCode {
		return false
	}
	for _, group := range strings.Split(code, "-") {
		if group == "" {
			return false
		}
		for i := range len(group) {
			if c := group[i]; (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// verification judges the address that a person is sent to. Oracle's sample has the domain's own
// with http: it becomes https. Elsewhere http is refused, and so is what could make a person read
// another host than the browser will open.
func (c *Client) verification(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || !visible(address, 0x21) || strings.Contains(address, "\\") || u.Host == "" {
		return "", false
	}
	_, rest, _ := strings.Cut(address, "://")
	if authority, _, _ := strings.Cut(rest, "/"); authority != u.Host {
		return "", false // user@host, and evil.example#@host, which reads like it
	}
	own, err := c.endpoint("/")
	if err != nil {
		return "", false
	}
	if u.Scheme == "http" && strings.EqualFold(u.Hostname(), own.Hostname()) {
		u.Scheme, u.Host = "https", own.Host
	}
	return u.String(), u.Scheme == "https"
}
