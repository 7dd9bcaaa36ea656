package ident

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// What is and what only looks like a host of OCIR: a signature goes to the first kind alone.
func TestRegistriesAreAClosedPattern(t *testing.T) {
	for host, region := range map[string]string{
		"iad.ocir.io":                           "us-ashburn-1",
		"fra.ocir.io":                           "eu-frankfurt-1",
		"xyz.ocir.io":                           "", // a region newer than this program
		"us-ashburn-1.ocir.io":                  "us-ashburn-1",
		"xx-new-9.ocir.io":                      "xx-new-9",
		"ocir.us-ashburn-1.oci.oraclecloud.com": "us-ashburn-1",
		"ocir.us-gov-ashburn-1.oci.oraclegovcloud.com": "us-gov-ashburn-1",
		"ocir.uk-gov-london-1.oci.oraclegovcloud.uk":   "uk-gov-london-1",
		"ocir.eu-frankfurt-2.oci.oraclecloud.eu":       "eu-frankfurt-2",
		"ocir.me-dcc-muscat-1.oci.oraclecloud9.com":    "me-dcc-muscat-1",
	} {
		if got, ok := IsRegistry(host); !ok || got != region {
			t.Errorf("%s: %q, %v, want %q", host, got, ok, region)
		}
	}
	for _, host := range []string{
		"", "ocir.io", ".ocir.io", "a.ocir.io", "abcd.ocir.io", "IAD.ocir.io", "i4d.ocir.io", "iad.ocir.io.", "iad.ocir.io:443",
		"a.iad.ocir.io", "iad.ocir.io.evil.example", "iad.ocir.ioo", "iadocir.io", "us-ashburn.ocir.io", "-.ocir.io",
		"us--1.ocir.io", "us-ashburn-a.ocir.io", "ocir.us-ashburn-1.oraclecloud.com", "ocir.us-ashburn-1.oci.oraclecloud9.com",
		"ocir.us-gov-ashburn-1.oci.oraclecloud.com", "ocir.us-ashburn-1.oci.oraclecloud.com.evil.example",
		"ocir.evil.example/.oci.oraclecloud.com", "ocir..oci.oraclecloud.com", "ocir.us-ashburn-1.oci.oci.oraclecloud.com",
		"xocir.us-ashburn-1.oci.oraclecloud.com", "iad.ocir.io@evil", "registry.example.com",
	} {
		if _, ok := IsRegistry(host); ok {
			t.Errorf("%s is taken for a registry", host)
		}
	}
}

func TestRegionOfACluster(t *testing.T) {
	for ocid, region := range map[string]string{
		"ocid1.cluster.oc1.iad.aaaa":             "us-ashburn-1",
		"ocid1.cluster.oc1.eu-frankfurt-1.aaaa":  "eu-frankfurt-1",
		"ocid1.cluster.oc1.zzz.aaaa":             "",
		"ocid1.cluster.oc1..aaaa":                "",
		"ocid1.cluster.oc1.phx.dev.aaaa_b-c.dd9": "us-phoenix-1",
	} {
		if got, ok := ClusterRegion(ocid); !ok || got != region {
			t.Errorf("%s: %q, %v, want %q", ocid, got, ok, region)
		}
	}
	for _, ocid := range []string{"", "ocid1.cluster.oc1.iad", "ocid1.instance.oc1.iad.aaaa", "ocid1.cluster.oc1.iad.", "ocid1.cluster.oc1.iad.a/b",
		"ocid1.cluster.oc1.iad.a?b", "ocid1.cluster.oc1.iad.a b", "ocid1.cluster.oc1.iad." + strings.Repeat("a", 300)} {
		if _, ok := ClusterRegion(ocid); ok {
			t.Errorf("%s is taken for a cluster", ocid)
		}
	}
}

func TestRegionsAreNamesOrKeys(t *testing.T) {
	for s, want := range map[string]string{"iad": "us-ashburn-1", "IAD": "us-ashburn-1", "us-phoenix-1": "us-phoenix-1", "US-Phoenix-1": "us-phoenix-1", "xx-new-22": "xx-new-22"} {
		if got, ok := ParseRegion(s); !ok || got != want {
			t.Errorf("%s: %q, %v, want %q", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "zzz", "us", "us-ashburn", "us-ashburn-1.evil", "us-ashburn-1/", "us_ashburn_1", "u-ashburn-1", "us-ashburn-x", "us-1-1"} {
		if got, ok := ParseRegion(s); ok {
			t.Errorf("%q is taken for region %q", s, got)
		}
	}
}

func TestSections(t *testing.T) {
	const file = "\ufeff# made by hand\r\n[DEFAULT]\r\nuser = default\r\npass_phrase=secret\r\n\r\n; more\r\n[work]\r\nUser=a=b \r\n\tkey_file = ~/.oci/k.pem\r\n[other]\r\ngarbage\r\n"
	s, err := ParseSection([]byte(file), "work")
	if err != nil {
		t.Fatal(err)
	}
	if v, line := s.Get("user"); v != "a=b" || line != 8 || s.Line != 7 {
		t.Errorf("user %q in line %d of %d", v, line, s.Line)
	}
	if v, err := s.Need("key_file"); v != "~/.oci/k.pem" || err != nil {
		t.Errorf("key_file %q, %v", v, err)
	}
	if _, err := s.Need("pass_phrase"); err == nil || err.Error() != "profile work has no pass_phrase, and nothing is inherited from [DEFAULT]" {
		t.Error(err)
	}
	for _, c := range []struct {
		file, name string
		line       int
		want       string
	}{
		{file, "other", 11, "is neither key = value nor a comment"},
		{"a=b\n[work]\n", "work", 1, "a key before the first [PROFILE]"},
		{"[work]\na=1\nA=2\n", "work", 3, "a comes twice"},
		{"[work]\n=1\n=2\n", "work", 3, "a key comes twice"},
		{"[work]\n[x]\n[work]\n", "work", 3, "this profile comes twice"},
		{"[work\n", "work", 1, "a section's name has no ]"},
	} {
		_, err := ParseSection([]byte(c.file), c.name)
		var e *ConfigError
		if !errors.As(err, &e) || e.Line != c.line || e.Problem != c.want {
			t.Errorf("%q: got %v, want %d: %s", c.file, err, c.line, c.want)
		}
	}
	for _, name := range []string{"", "Work", " work", "nobody"} {
		if _, err := ParseSection([]byte(file), name); !errors.Is(err, ErrNoSection) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func jwt(payload string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func TestClaims(t *testing.T) {
	for payload, want := range map[string]Claims{
		`{"sub":"me","tenant":"t","exp":20,"iat":10.9,"jwk":{"n":"AQAB","e":"Aw"}}`: {"me", "t", 20, 10, "AQAB", "Aw"},
		`{"sub":"me","exp":20,"jwk":"{\"n\":\"AQAB\",\"e\":\"Aw\"}"}`:               {"me", "", 20, 0, "AQAB", "Aw"},
		`{"sub":7,"exp":"20","iat":-1,"jwk":9}`:                                     {},
		`{"exp":1e300}`:                                                             {},
	} {
		if got, ok := ReadClaims(jwt(payload)); !ok || got != want {
			t.Errorf("%s: %+v, %v, want %+v", payload, got, ok, want)
		}
	}
	for _, token := range []string{"", "a.b", "a.b.c.d", jwt("[]"), jwt("{"), "e30.#.x"} {
		if _, ok := ReadClaims(token); ok {
			t.Errorf("%q has claims", token)
		}
	}
}

// What is read as a section says only what stands in it, and no message repeats the file.
func FuzzParseSection(f *testing.F) {
	f.Add([]byte("[work]\nuser = canary\n"))
	f.Add([]byte("[work]\ncanary\n"))
	f.Add([]byte("[work]\ncanary canary=1\ncanary canary=1\n"))
	f.Add([]byte("\ufeff[DEFAULT]\r\nkey_file=canary\r\n[work]\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseSection(data, "work")
		if err != nil {
			if strings.Contains(err.Error(), "canary canary") {
				t.Errorf("%v repeats the file", err)
			}
			return
		}
		for key, p := range s.pairs {
			if strings.ContainsAny(key+p.value, "\n") || !strings.Contains(string(data), p.value) || p.line < 1 {
				t.Errorf("%q = %q in line %d", key, p.value, p.line)
			}
		}
	})
}

// Whatever is taken for a registry ends in one of Oracle's names, and has no port, path or user.
func FuzzIsRegistry(f *testing.F) {
	f.Add("iad.ocir.io")
	f.Add("ocir.us-ashburn-1.oci.oraclecloud.com")
	f.Fuzz(func(t *testing.T, host string) {
		if _, ok := IsRegistry(host); !ok {
			return
		}
		oracle := strings.HasSuffix(host, ".ocir.io")
		for _, domain := range []string{".com", ".eu", ".uk"} {
			oracle = oracle || strings.HasPrefix(host, "ocir.") && strings.Contains(host, ".oci.oracle") && strings.HasSuffix(host, domain)
		}
		if !oracle || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
			t.Errorf("%q is taken for a registry", host)
		}
	})
}
