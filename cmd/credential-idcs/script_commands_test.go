package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

func domainOf(ts *testscript.TestScript) *idcstest.Server {
	s, ok := ts.Value(domainKey{}).(**idcstest.Server)
	if !ok || *s == nil {
		ts.Fatalf("there is no domain yet")
	}
	return *s
}

// domainCommands are the scripts' own commands.
func domainCommands(t *testing.T) map[string]func(*testscript.TestScript, bool, []string) {
	cmds := commands()
	// domain [ttl=1h] starts a strict domain, and sets the variables that configurations use.
	oracleCommands(t, cmds)
	cmds["domain"] = func(ts *testscript.TestScript, neg bool, args []string) { cmdDomain(t, ts, args) }
	return cmds
}

func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		// config FILE writes the configuration, with $variables filled in.
		"config": cmdConfig,
		// posts GRANT N demands that so many requests came.
		"posts": func(ts *testscript.TestScript, neg bool, args []string) {
			want, err := strconv.Atoi(args[1])
			ts.Check(err)
			if got := domainOf(ts).Posts(args[0]); (got == want) == neg {
				ts.Fatalf("%d requests of %s", got, args[0])
			}
		},
		// fault GRANT STATUS [N] makes the next N requests, or all, fail so.
		"fault": func(ts *testscript.TestScript, neg bool, args []string) {
			status, err := strconv.Atoi(args[1])
			ts.Check(err)
			domainOf(ts).Script(idcstest.Fault{On: args[0], Status: status, Body: "<html>down</html>"})
		},
		// says GRANT STATUS BODY makes all requests fail with that answer.
		"says": func(ts *testscript.TestScript, neg bool, args []string) {
			status, err := strconv.Atoi(args[1])
			ts.Check(err)
			domainOf(ts).Script(idcstest.Fault{On: args[0], Status: status, Body: strings.Join(args[2:], " ")})
		},
		// tamper GRANT MEMBER JSON puts a value into each answer; "" for GRANT means all.
		"tamper": func(ts *testscript.TestScript, neg bool, args []string) {
			domainOf(ts).Script(idcstest.Fault{On: args[0], Set: map[string]string{args[1]: args[2]}})
		},
		// redirect NAME STATUS sends requests elsewhere on the domain, where each is counted as "other".
		"redirect": func(ts *testscript.TestScript, neg bool, args []string) {
			status, err := strconv.Atoi(args[1])
			ts.Check(err)
			s := domainOf(ts)
			s.Script(idcstest.Fault{On: args[0], Status: status, Header: http.Header{"Location": {s.URL() + "/elsewhere"}}, Body: "{}"})
		},
		// application KIND [norefresh] [grants=A,B] [untrusted] registers the client secret, key or public
		// anew, as an administrator has set its switches.
		"application": cmdApplication,
		// whose FILE NAME demands that the access token in FILE is that user's.
		"whose": func(ts *testscript.TestScript, neg bool, args []string) {
			claims, err := domainOf(ts).Verify(strings.TrimSpace(ts.ReadFile(args[0])))
			ts.Check(err)
			if got := claims.Subject; got != args[1] {
				ts.Fatalf("a token of %s", got)
			}
		},
		// foreign PROFILE makes refreshes bring the access token of bob, who logs in by the side.
		"foreign": func(ts *testscript.TestScript, neg bool, args []string) {
			ts.Check(ts.Exec("credential-idcs", "token", "bob"))
			token := strings.TrimSpace(ts.ReadFile("stdout"))
			domainOf(ts).Script(idcstest.Fault{On: idcstest.Refresh, Set: map[string]string{"access_token": strconv.Quote(token)}})
		},
		// exits STATUS COMMAND… demands an exit status.
		"exits": func(ts *testscript.TestScript, neg bool, args []string) {
			err := ts.Exec(args[1], args[2:]...)
			status := 0
			if e, ok := errors.AsType[*exec.ExitError](err); ok {
				status = e.ExitCode()
			} else {
				ts.Check(err)
			}
			if strconv.Itoa(status) != args[0] {
				ts.Fatalf("exit status %d, want %s", status, args[0])
			}
		},
		// appears FILE waits for a file that another process renames into place.
		"appears": func(ts *testscript.TestScript, neg bool, args []string) {
			for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
				if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
					return
				}
			}
			ts.Fatalf("%s never appears", args[0])
		},
		// approves NAME is who logs in at the domain's page from now on.
		"approves": func(ts *testscript.TestScript, neg bool, args []string) {
			ts.Value(approverKey{}).(*atomic.Value).Store(args[0])
		},
		"mended":    func(ts *testscript.TestScript, neg bool, args []string) { domainOf(ts).Unscript() },
		"endlogins": func(ts *testscript.TestScript, neg bool, args []string) { domainOf(ts).EndLogins() },
		"stop":      func(ts *testscript.TestScript, neg bool, args []string) { domainOf(ts).Stop() },
		// expired waits until the domain takes the access token in FILE no longer.
		"expired": func(ts *testscript.TestScript, neg bool, args []string) {
			token := strings.TrimSpace(ts.ReadFile(args[0]))
			for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				if _, err := domainOf(ts).Verify(token); err != nil {
					return
				}
			}
			ts.Fatalf("the token doesn't expire")
		},
		// verified demands that the domain takes the access token in FILE.
		"verified": func(ts *testscript.TestScript, neg bool, args []string) {
			if _, err := domainOf(ts).Verify(strings.TrimSpace(ts.ReadFile(args[0]))); (err == nil) == neg {
				ts.Fatalf("verified: %v", err)
			}
		},
		// newlogin FILE writes a refresh token that somebody got elsewhere.
		"newlogin": func(ts *testscript.TestScript, neg bool, args []string) {
			s := domainOf(ts)
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(s.NewLogin(s.SecretClient.ID, "urn:opc:idm:__myscopes__ offline_access")), 0o600))
		},
		// damage GLOB cuts the only file that matches in half.
		"damage": func(ts *testscript.TestScript, neg bool, args []string) {
			path := onlyMatch(ts, args[0])
			b, err := os.ReadFile(path)
			ts.Check(err)
			ts.Check(os.WriteFile(path, b[:len(b)/2], 0o600))
		},
		// storedlog makes the token file the one that the log is to be written to.
		"storedlog": func(ts *testscript.TestScript, neg bool, args []string) {
			ts.Setenv("CREDENTIAL_IDCS_DEBUG", onlyMatch(ts, ts.Getenv("CACHE")+"/*.json"))
		},
		// newer GLOB makes a token file one of a later version.
		"newer": func(ts *testscript.TestScript, neg bool, args []string) {
			path := onlyMatch(ts, args[0])
			b, err := os.ReadFile(path)
			ts.Check(err)
			ts.Check(os.WriteFile(path, []byte(strings.Replace(string(b), `"version":1`, `"version":9`, 1)), 0o600))
		},
		// copyfolder FROM TO is cp -a.
		"copyfolder": func(ts *testscript.TestScript, neg bool, args []string) {
			ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
			ts.Check(os.Chmod(ts.MkAbs(args[1]), 0o700))
			found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[1]), "*"))
			ts.Check(err)
			for _, path := range found {
				ts.Check(os.Chmod(path, 0o600))
			}
		},
		// forgetkey FILE takes the key that a seal.json names out of the kernel, as a reboot does.
		"forgetkey": func(ts *testscript.TestScript, neg bool, args []string) {
			var sealed struct{ Key string }
			ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &sealed))
			ts.Check(forgetKey(sealed.Key))
		},
		// opaque GLOB demands that the only file that matches holds no secret of the domain.
		"opaque": func(ts *testscript.TestScript, neg bool, args []string) {
			content := ts.ReadFile(onlyMatch(ts, args[0]))
			for _, s := range domainOf(ts).Secrets() {
				if strings.Contains(content, s) {
					ts.Fatalf("it holds a secret")
				}
			}
		},
		// files GLOB N demands that so many files match.
		"files": func(ts *testscript.TestScript, neg bool, args []string) {
			found, err := filepath.Glob(ts.MkAbs(args[0]))
			ts.Check(err)
			want, err := strconv.Atoi(args[1])
			ts.Check(err)
			if len(found) != want {
				ts.Fatalf("%d files match, want %d: %v", len(found), want, found)
			}
		},
		// nosecrets FILE... fails if one of the files has a secret of the domain in it.
		"nosecrets": func(ts *testscript.TestScript, neg bool, args []string) {
			for _, name := range args {
				content := ts.ReadFile(name)
				for _, s := range domainOf(ts).Secrets() {
					if strings.Contains(content, s) {
						ts.Fatalf("%s holds a secret", name)
					}
				}
			}
		},
	}
}

func onlyMatch(ts *testscript.TestScript, glob string) string {
	found, err := filepath.Glob(ts.MkAbs(glob))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d files match %s", len(found), glob)
	}
	return found[0]
}

func cmdDomain(t *testing.T, ts *testscript.TestScript, args []string) {
	o := idcstest.Options{Dir: ts.Getenv("WORK"), AccessTTL: time.Hour}
	for _, a := range args {
		ttl, ok := strings.CutPrefix(a, "ttl=")
		if !ok {
			ts.Fatalf("usage: domain [ttl=1h]")
		}
		d, err := time.ParseDuration(ttl)
		ts.Check(err)
		o.AccessTTL = d
	}
	approver := ts.Value(approverKey{}).(*atomic.Value)
	o.Users = []idcstest.User{{Name: "bob@example.com", Password: "bob's"}}
	o.Authorize = func(idcstest.AuthRequest) idcstest.Decision {
		name, _ := approver.Load().(string)
		return idcstest.Decision{User: name}
	}
	s, err := idcstest.New(o)
	ts.Check(err)
	port, err := idcstest.FreePort()
	ts.Check(err)
	redirect := fmt.Sprintf("http://127.0.0.1:%d/callback", port)
	for _, c := range []*idcstest.Client{&s.SecretClient, &s.KeyClient, &s.PublicClient} {
		c.RedirectURIs = append(c.RedirectURIs, redirect)
		ts.Check(s.AddClient(*c))
	}
	ts.Setenv("REDIRECT", redirect)
	ts.Setenv("REDIRECT_PORT", strconv.Itoa(port))
	ts.Defer(func() {
		if err := s.Close(); err != nil {
			t.Errorf("%v\n%s", err, s.JournalText())
		}
	})
	// Values are kept by type, and there is one holder for the script's life.
	*ts.Value(domainKey{}).(**idcstest.Server) = s
	dir := ts.Getenv("CONFIG")
	ts.Check(os.WriteFile(filepath.Join(dir, "client-key.pem"), s.KeyClient.Key.KeyPEM(), 0o600))
	ts.Check(os.WriteFile(filepath.Join(dir, "client-cert.pem"), s.KeyClient.Key.CertPEM(), 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "client.secret"), []byte(s.SecretClient.Secret+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("password"), []byte(s.User.Password+"\n"), 0o600))
	for k, v := range map[string]string{
		"DOMAIN": s.URL(), "CA": filepath.ToSlash(s.CAFile), "USER_NAME": s.User.Name, "ALIAS": s.KeyClient.Key.Alias,
		"KEY_CLIENT": s.KeyClient.ID, "SECRET_CLIENT": s.SecretClient.ID, "PUBLIC_CLIENT": s.PublicClient.ID,
	} {
		ts.Setenv(k, v)
	}
}

func cmdConfig(ts *testscript.TestScript, neg bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), func(name string) string {
		v := ts.Getenv(name)
		if v == "" {
			ts.Fatalf("config: $%s isn't set", name)
		}
		return v
	})
	path := filepath.Join(ts.Getenv("CONFIG"), "config.toml")
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
}

func cmdApplication(ts *testscript.TestScript, neg bool, args []string) {
	s := domainOf(ts)
	c, ok := map[string]idcstest.Client{"secret": s.SecretClient, "key": s.KeyClient, "public": s.PublicClient}[args[0]]
	if !ok {
		ts.Fatalf("application: secret, key or public")
	}
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		switch name {
		case "norefresh":
			c.NoRefresh = true
		case "untrusted":
			c.Trusted = false
		case "grants":
			c.Grants = strings.Split(value, ",")
		case "scopes":
			c.Scopes = strings.Split(value, ",")
		default:
			ts.Fatalf("application: unknown switch %s", a)
		}
	}
	ts.Check(s.AddClient(c))
}
