package config

import (
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/address"
)

// proxy reads the key proxy. A user name or password in it would be a secret in a file that others may read, so it is
// refused.
func (b *builder) proxy(p *Profile) error {
	s := b.table.text("proxy")
	if s == "" || s == "none" {
		p.Proxy = s
		return nil
	}
	scheme, authority, ok := strings.Cut(s, "://")
	if !ok || scheme != "http" && scheme != "socks5" {
		return b.fail(b.table, "proxy", `must be "none", "http://HOST:PORT" or "socks5://HOST:PORT"`)
	}
	authority = strings.TrimSuffix(authority, "/")
	if strings.Contains(authority, "@") {
		return b.fail(b.table, "proxy", "has no user name or password; a proxy that needs one belongs in HTTPS_PROXY")
	}
	if why := checkHostPort(authority); why != "" {
		return b.fail(b.table, "proxy", why)
	}
	p.Proxy = scheme + "://" + authority
	return nil
}

// checkHostPort is what is wrong with HOST:PORT; empty: nothing.
func checkHostPort(authority string) string {
	if strings.ContainsAny(authority, `/?#\%*`) {
		return "must be HOST:PORT and nothing more"
	}
	if _, err := helpers.ParseTarget("https://" + authority); err != nil {
		return "is not right: " + err.Error()
	}
	if strings.LastIndexByte(authority, ':') <= strings.LastIndexByte(authority, ']') {
		return "must name a port"
	}
	return ""
}

// listen reads the key listen: the address at which a login listens if it isn't that of redirect_url, as in a
// container, whose published port isn't on its loopback address.
func (b *builder) listen(p *Profile) error {
	s := b.table.text("listen")
	if s == "" {
		return nil
	}
	if p.RedirectURL == "" {
		return b.fail(b.table, "listen", "needs redirect_url")
	}
	if why := CheckListen(s); why != "" {
		return b.fail(b.table, "listen", why)
	}
	p.Listen = s
	return nil
}

// CheckListen is what is wrong with an address to listen at; empty: nothing.
func CheckListen(s string) string {
	host, port, ok := "", "", false
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
	}
	if inside, six := strings.CutPrefix(host, "["); six {
		_, ok = address.Parse6(strings.TrimSuffix(inside, "]"))
		ok = ok && strings.HasSuffix(inside, "]")
	} else {
		ok = address.Is4(host)
	}
	if n, err := strconv.ParseUint(port, 10, 16); !ok || err != nil || n == 0 {
		return "must be an IP address and a port: 0.0.0.0:8976"
	}
	return ""
}

// CheckRedirect is what is wrong with a redirect_url; empty: nothing. We listen there ourselves, so it must have this
// machine and a port (RFC 8252 section 7.3).
func CheckRedirect(s string) string {
	rest, ok := strings.CutPrefix(s, "http://")
	if !ok {
		return "must begin with http://, as it is this machine's"
	}
	authority, path, _ := strings.Cut(rest, "/")
	switch {
	case strings.ContainsAny(path, `?#\`) || strings.IndexFunc(path, notVisible) >= 0 || strings.Contains(path, " "):
		return "must have a plain path, without query or fragment"
	case !strings.Contains(rest, "/"):
		return "must have a path, a / at least"
	}
	t, err := helpers.ParseTarget("https://" + authority)
	if err != nil {
		return "is not right: " + err.Error()
	}
	host, port, found := t.HostPort(), "", false
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		port, found = authority[i+1:], true
		host = strings.TrimSuffix(host, ":"+port)
	}
	switch {
	case host != "127.0.0.1" && host != "[::1]" && host != "localhost":
		return "must name this machine: 127.0.0.1, [::1] or localhost"
	case !found:
		return "must name a port"
	}
	return ""
}
