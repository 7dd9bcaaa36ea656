package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

var errNoAnswer = errors.New("no answer")

const (
	cveNewline = "CVE-2020-5260, CVE-2020-11008"
	cveReturn  = "CVE-2024-52006, CVE-2024-50338"
)

// gitHostile are about what URLs of strangers smuggle in. The helper is the last one who can notice.
var gitHostile = []rule{
	{"hostile-return", "G1", must, "doesn't take a carriage return for the end of a line", cveReturn, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{
				"protocol=" + c.protocol + "\nhost=evil.example\rhost=" + c.host + "\n" + c.pathLine() + "\n",
				"protocol=" + c.protocol + "\nhost=" + c.host + "\r.evil.example\n" + c.pathLine() + "\n",
				"protocol=" + c.protocol + "\rhost=" + c.host + "\n" + c.pathLine() + "\n",
			}
		})
	}},
	{"hostile-nul", "G1", should, "doesn't end a value at a NUL", gitFormat, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{
				"protocol=" + c.protocol + "\nhost=" + c.host + "\x00.evil.example\n" + c.pathLine() + "\n",
				"protocol=" + c.protocol + "\x00x\nhost=" + c.host + "\n" + c.pathLine() + "\n",
			}
		})
	}},
	{"hostile-host-missing", "G3", should, "takes an absent host for no host, not for any", cveNewline, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{
				"protocol=" + c.protocol + "\n" + c.pathLine() + "\n",
				"protocol=" + c.protocol + "\nusername=" + c.username + "\n\n",
			}
		})
	}},
	{"hostile-host-empty", "G3", should, "takes an empty host for no host, not for any", cveNewline, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{"protocol=" + c.protocol + "\nhost=\n" + c.pathLine() + "\n"}
		})
	}},
	{"hostile-protocol-missing", "G3", should, "takes an absent or empty protocol for none, not for any", cveNewline, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{
				"host=" + c.host + "\n" + c.pathLine() + "\n", "protocol=\nhost=" + c.host + "\n" + c.pathLine() + "\n",
			}
		})
	}},
	{"hostile-nothing", "G3", should, "has no answer to an empty input", cveNewline, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{"", "\n", "\n" + c.query() + "\n", "username=" + c.username + "\n\n"}
		})
	}},
	{"hostile-twice", "G2", should, "has no answer where protocol or host stands twice, with two values", ours, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{
				c.query() + "host=evil.example\n\n", "host=evil.example\n" + c.query() + "\n",
				c.query() + "protocol=http\n\n", "protocol=http\n" + c.query() + "\n",
			}
		})
	}},
	{"hostile-url", "G2", should, "doesn't read url, which git resolves and never passes on", ours, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			url := c.protocol + "://" + c.host + "/" + c.path
			return []string{"url=" + url + "\n\n", "protocol=https\nhost=evil.example\nurl=" + url + "\n\n"}
		})
	}},
	{"hostile-spelling", "G4, T2", should, "has no answer for a host with delimiters, blanks, escapes or dots around it", ours, func(b *bench) error {
		return b.gitLacksAll(func(c credential) (in []string) {
			for _, s := range slices.Concat(spellings, []string{"HOST/", "HOST/x", "HOST ", " HOST", "HOST\t", "HOST\x7f"}) {
				o := c
				o.host = strings.ReplaceAll(s, "HOST", c.host)
				in = append(in, o.query()+"\n")
			}
			return in
		})
	}},
	{"hostile-garbage", "G1", should, "has no answer where a line is no attribute", ours, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{"garbage\n" + c.query() + "\n", c.query() + "garbage\n\n", c.query() + "=x\n\n"}
		})
	}},
	{"hostile-cut", "G1", must, "doesn't take what lies behind the limit of a line for another line", gitFormat, func(b *bench) error {
		return b.gitLacksAll(func(c credential) (in []string) {
			for _, buffer := range []int{1 << 10, 4 << 10, 8 << 10, 1 << 16} {
				for size := buffer - 2; size <= buffer+1; size++ {
					const head = "wwwauth[]="
					line := head + strings.Repeat("a", size-len(head)) + "host=" + c.host + "\n"
					in = append(in, "protocol="+c.protocol+"\nhost=evil.example\n"+c.pathLine()+line+"\n")
				}
			}
			return in
		})
	}},
	{"hostile-echo", "G8", should, "prints no line of its input again", ours, func(b *bench) error {
		for _, in := range []string{
			"protocol=https\nhost=%h\nquit=1\npassword=planted\nmade-up=planted\n\n", "planted\n", "password=planted\n\n",
			"protocol=https\nhost=%h\nplanted\n\n", "protocol=https\nhost=%h\rpassword=planted\n\n", "protocol=https\npassword=planted\n\n",
		} {
			r, err := b.call("get", strings.ReplaceAll(in, "%h", fresh().host))
			if err != nil {
				return err
			}
			if strings.Contains(r.stdout, "planted") || strings.Contains(r.stdout, "quit") {
				return fmt.Errorf("it answers %s to %s", b.shown(r.stdout), b.shown(in))
			}
		}
		return nil
	}},
}
