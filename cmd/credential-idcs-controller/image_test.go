package main

import "testing"

func TestOnlyAnImagesNameIsAnImage(t *testing.T) {
	for _, s := range []string{
		"i", "a/b", "registry.example.com:5000/a/b_c--d:1.0.0", "localhost/c:latest", "R.example.com/c",
		"c@sha256:1234", "r.example.com/c:1.0@sha512:00ff", "[::1]:5000/c", "10.0.0.1:5000/a.b/c", "IMAGE@sha256:DIGEST",
	} {
		if !image.MatchString(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{
		"", "a b", "a\n", "\na", "a\nimage: b", "a\t", "a:", "a@", "a@sha256:", "/a", "a/",
		"a//b", "http://a/b", "a;b", "[", "a'b", "a#b", "-a", "a-", "a{{b}}", "é", "a\x00", "a: b", "a:\xff",
	} {
		if image.MatchString(s) {
			t.Errorf("%q is taken", s)
		}
	}
}
