package address

import (
	"net/netip"
	"strings"
	"testing"
)

// addresses are forms of RFC 4291 and 5952, and what is near to them.
var addresses = []string{
	"127.0.0.1", "127.255.0.9", "128.0.0.1", "0.0.0.0", "::2", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4.", ".1.2.3.4", "1..3.4", "1.2.3.0x4",
	"::", "::1", "1::", "2001:db8::1", "2001:DB8:0:0:1:0:0:1", "2001:db8:0:1:1:1:1:1", "1:0:0:2:0:0:0:3", "1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "1::2::3", ":::", ":1", "1:", "", ":", "00001::", "g::",
	"::ffff:1.2.3.4", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "::1.2.3.4:5", "1.2.3.4::",
	"::1.2.3", "::01.2.3.4", "fe80::1%eth0", "fe80::1%", "::ffff:0:0", "+1::", "0x1::", "1_0::", "::-1", "1:2:3:4:5:6::1.2.3.4", "1:2:3:4:5::1.2.3.4",
}

func sameAsNetip(t *testing.T, s string) {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if got, want := Is4(s), err == nil && a.Is4(); got != want {
		t.Errorf("%q: an IPv4 address: %v, want %v", s, got, want)
	}
	got, ok := Parse6(s)
	if want := err == nil && a.Is6() && a.Zone() == ""; ok != want {
		t.Errorf("%q: an IPv6 address: %v, want %v", s, ok, want)
		return
	}
	if !ok {
		return
	}
	if got, want := Is(s), err == nil && a.Zone() == ""; got != want {
		t.Errorf("%q: an address: %v, want %v", s, got, want)
	}
	if got, want := Loopback(s), a.IsLoopback() && !a.Is4In6(); got != want {
		t.Errorf("%q: loopback: %v, want %v", s, got, want)
	}
	if got.Mapped() != a.Is4In6() {
		t.Errorf("%q: mapped: %v", s, got.Mapped())
	}
	if want := a.String(); !got.Mapped() && got.String() != want {
		t.Errorf("%q: got %s, want %s", s, got, want)
	}
}

func TestAddressesAreReadAsTheLibraryReadsThem(t *testing.T) {
	for _, s := range addresses {
		sameAsNetip(t, s)
	}
}

func FuzzAddresses(f *testing.F) {
	for _, s := range addresses {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !strings.Contains(s, "%") {
			sameAsNetip(t, s)
		}
	})
}
