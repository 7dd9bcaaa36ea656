package config

import (
	"testing"
	"time"
)

func TestLoginScope(t *testing.T) {
	for _, tt := range []struct {
		scope   string
		expiry  time.Duration
		offline bool
		want    string
	}{
		{"urn:opc:idm:__myscopes__", 8 * time.Hour, true, "urn:opc:idm:__myscopes__ urn:opc:resource:expiry=28800 offline_access"},
		{"urn:opc:idm:__myscopes__", 0, true, "urn:opc:idm:__myscopes__ offline_access"},
		{"a", 0, false, "a"},
		{"a", time.Minute, false, "a urn:opc:resource:expiry=60"},
		{"offline_access a", 0, true, "offline_access a"},
		{"a  b%2520c ", 0, true, "a  b%2520c  offline_access"}, // opaque: nothing is tidied up
		{"not_offline_access", 0, true, "not_offline_access offline_access"},
		{"", 0, true, "offline_access"},
		{"", 0, false, ""},
	} {
		p := Profile{Login: ClientCredentials, Scope: tt.scope, Expiry: tt.expiry}
		if tt.offline {
			p.Login = Browser
		}
		if got := p.LoginScope(); got != tt.want {
			t.Errorf("%q, %v: got %q, want %q", tt.scope, tt.expiry, got, tt.want)
		}
	}
}
