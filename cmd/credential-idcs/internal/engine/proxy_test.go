package engine

import (
	"net/url"
	"testing"
)

// Variables that a file of Docker, systemd or Windows brought with its quotes or blanks are named, and not used.
// Their value, which may hold a password, is not repeated.
func TestAProxyVariableThatCameWrappedIsSaid(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		host string
		want string // the proxy, or the error
	}{
		{map[string]string{"HTTPS_PROXY": `"http://u:geheim@p:3128"`}, "d", "the variable HTTPS_PROXY holds quotes; write it without"},
		{map[string]string{"https_proxy": "'http://u:geheim@p:3128'"}, "d", "the variable https_proxy holds quotes; write it without"},
		{map[string]string{"HTTPS_PROXY": "http://p:3128 "}, "d", "the variable HTTPS_PROXY begins or ends with a blank"},
		{map[string]string{"HTTPS_PROXY": " "}, "d", "the variable HTTPS_PROXY begins or ends with a blank"},
		{map[string]string{"ALL_PROXY": "\tsocks5://p:1080"}, "d", "the variable ALL_PROXY begins or ends with a blank"},
		{map[string]string{"all_proxy": `"socks5://p:1080"`}, "d", "the variable all_proxy holds quotes; write it without"},
		{map[string]string{"ALL_PROXY": "socks5://p:1080", "NO_PROXY": `"d"`}, "d", "the variable NO_PROXY holds quotes; write it without"},
		{map[string]string{"ALL_PROXY": "socks5://geheim@p:x"}, "d", "the variable ALL_PROXY is no address; it must be http://HOST:PORT or socks5://HOST:PORT"},
		{map[string]string{"ALL_PROXY": "socks5://u:geheim@p:1080"}, "d", "socks5://u:geheim@p:1080"},
		{map[string]string{"all_proxy": "socks5h://p:1080", "no_proxy": "e, .f"}, "d", "socks5h://p:1080"},
		{map[string]string{"ALL_PROXY": "p:3128"}, "d", "http://p:3128"},
		{map[string]string{"ALL_PROXY": "socks5://p:1080", "no_proxy": "e, .example.com"}, "d.example.com", ""},
		{map[string]string{"ALL_PROXY": "socks5://p:1080", "NO_PROXY": "10.0.0.0/8"}, "10.1.2.3", ""},
		{map[string]string{"ALL_PROXY": "socks5://p:1080"}, "127.0.0.1", ""},
		{map[string]string{"ALL_PROXY": "socks5://p:1080"}, "localhost", ""},
		{map[string]string{"ALL_PROXY": "socks5://p:1080", "NO_PROXY": "example.com:443,"}, "d.example.com", ""},
		{map[string]string{"ALL_PROXY": "socks5://p:1080", "NO_PROXY": "*.example.com"}, "d.example.com", ""},
		{map[string]string{"ALL_PROXY": "socks5://p:1080", "NO_PROXY": "*"}, "d.example.com", ""},
		{map[string]string{"ALL_PROXY": "socks5://p:1080", "NO_PROXY": "example.com:80,ample.com"}, "d.example.com", "socks5://p:1080"},
		{nil, "d", ""},
	} {
		// net/http reads the process itself, and once: what it makes of HTTPS_PROXY is seen with the built program.
		find := EnvironmentProxy(func(name string) string { return c.env[name] })
		got := ""
		if p, err := find(&url.URL{Scheme: "https", Host: c.host}); err != nil {
			got = err.Error()
		} else if p != nil {
			got = p.String()
		}
		if got != c.want {
			t.Errorf("%v to %s: got %q, want %q", c.env, c.host, got, c.want)
		}
	}
}
