package main

import "strings"

// gitInputs are about what git may say, and has to be understood.
var gitInputs = []rule{
	{"input-eof", "G1", must, "takes the end of the input for the end of the list", gitFormat, func(b *bench) error {
		return b.gitStillServes(func(c credential) []string { return []string{c.query()} })
	}},
	{"input-blank", "G1", must, "takes a blank line for the end, whatever follows", gitFormat, func(b *bench) error {
		return b.gitStillServes(func(c credential) []string {
			return []string{c.query() + "\nhost=other.example\n", c.query() + "\nno attribute\n\x00\n"}
		})
	}},
	{"input-open", "G1", should, "answers after the blank line, though its stdin is still open", gitFormat, func(b *bench) error {
		c, err := b.gitHave()
		if err != nil {
			return err
		}
		stdin, end, err := open(c.query() + "\n")
		if err != nil {
			return err
		}
		defer end()
		a, err := b.run(stdin, "get")
		if err != nil {
			return err
		}
		if !strings.Contains(a.stdout, "password="+c.secret+"\n") {
			return errNoAnswer
		}
		return nil
	}},
	{"input-unended", "G1", should, "takes a last line without its newline", ours, func(b *bench) error {
		return b.gitStillServes(func(c credential) []string { return []string{strings.TrimSuffix(c.query(), "\n")} })
	}},
	{"input-order", "G1", must, "takes attributes in any order", gitFormat, func(b *bench) error {
		return b.gitStillServes(func(c credential) []string {
			return []string{"username=" + c.username + "\nhost=" + c.host + "\n" + c.pathLine() + "protocol=" + c.protocol + "\n\n"}
		})
	}},
	{"input-unknown", "G2", must, "ignores attributes and capabilities that it doesn't know, also multiple and empty ones", gitFormat, func(b *bench) error {
		return b.gitStillServes(func(c credential) []string {
			return []string{
				"made-up=1\n" + c.query() + "made-up=2\nmade[]=\nmade[]=x\nempty=\n\n",
				"capability[]=made-up\n" + c.query() + "\n",
				c.query() + "key with blanks=a = b\n\n",
			}
		})
	}},
	{"input-known", "2.2", must, "answers as well where git adds wwwauth[], an expiry or a refresh token", gitFormat, func(b *bench) error {
		return b.gitStillServes(func(c credential) []string {
			return []string{
				c.query() + "wwwauth[]=Basic realm=\"a=b, c\"\nwwwauth[]=Negotiate\n\n",
				c.query() + "wwwauth[]=x\nwwwauth[]=\nwwwauth[]=Basic\n\n",
				c.query() + "wwwauth[]=\xff\xfe\x01\n\n",
				c.query() + "oauth_refresh_token=a\n\n",
			}
		})
	}},
	{"input-user", "G11", must, "answers for the user name that it has", gitTests, func(b *bench) error {
		return b.gitStillServes(func(c credential) []string { return []string{c.query() + "username=" + c.username + "\n\n"} })
	}},
	{"input-long", "G1, G27", must, "takes lines of 65,535 bytes", gitFormat, func(b *bench) error {
		return b.gitStillServes(func(c credential) []string {
			const head = "wwwauth[]="
			return []string{c.query() + head + strings.Repeat("a", 65_535-len(head)-1) + "\n\n"}
		})
	}},
}

func (c credential) pathLine() string {
	if c.path == "" {
		return ""
	}
	return "path=" + c.path + "\n"
}

// gitMatches are about honest questions for other places.
var gitMatches = []rule{
	{"match-host", "G4, G27", must, "keeps to the host, to the letter and with its port", gitTests, func(b *bench) error {
		return b.gitLacksAll(func(c credential) (in []string) {
			for _, host := range otherHosts(c.host) {
				o := c
				o.host = host
				in = append(in, o.query()+"\n")
			}
			return in
		})
	}},
	{"match-protocol", "G4, G5, G27", must, "keeps to the protocol", gitTests, func(b *bench) error {
		return b.gitLacksAll(func(c credential) (in []string) {
			for _, p := range []string{"http", "ftp", "ssh", "cert", "smtp", "imap", "x"} {
				if p != c.protocol {
					o := c
					o.protocol = p
					in = append(in, o.query()+"\n")
				}
			}
			return in
		})
	}},
	{"match-user", "G11, G27", must, "has nothing for another user name", gitTests, func(b *bench) error {
		return b.gitLacksAll(func(c credential) []string {
			return []string{c.query() + "username=" + c.username + "x\n\n", c.query() + "username=x" + c.username + "\n\n"}
		})
	}},
	{"match-path", "G20, G27", must, "has nothing for another path, where it was given one", gitTests, func(b *bench) error {
		var c credential
		var err error
		switch {
		case b.keeps:
			c = fresh()
			c.path = "team/app.git"
			if c, err = b.gitKeep(c); err != nil {
				return err
			}
		case b.served != nil && b.served.path != "":
			if c, err = b.gitHave(); err != nil {
				return err
			}
		default:
			return notApplicable("needs a path: -store, or -url with one")
		}
		for _, path := range []string{"other/app.git", c.path + "x", "x" + c.path} {
			o := c
			o.path = path
			if err := b.gitLacks(c, o.query()+"\n"); err != nil {
				return err
			}
		}
		return nil
	}},
	{"match-quiet", "G5", should, "prints nothing at all for a place that it doesn't know, and exits 0", gitHelpers, func(b *bench) error {
		r, err := b.call("get", fresh().query()+"\n")
		if err != nil {
			return err
		}
		return b.silentExit(r, true)
	}},
}

// otherHosts are hosts that only look like one.
func otherHosts(host string) []string {
	name, port, _ := strings.Cut(host, ":")
	if port != "" {
		port = ":" + port
	}
	first, rest, _ := strings.Cut(name, ".")
	return []string{
		name + ".evil.example" + port, "evil" + name + port, "a." + name + port, "x" + rest + port, name + "x" + port,
		first + "-" + rest + port, name + ":1", name + ":80", name + ":65535", "evil.example", fresh().host,
	}
}
