package canary

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// secrets are all that there are by now, by what they are.
func (r *room) secrets() (issued, others []string) {
	d := r.Domain
	for _, s := range d.Secrets() {
		if s == d.SecretClient.Secret || strings.Contains(s, " ") {
			others = append(others, s)
			continue
		}
		issued = append(issued, s)
	}
	others = append(others, othersPassword, elsewhere)
	for _, line := range strings.Split(string(d.KeyClient.Key.KeyPEM()), "\n") {
		if len(line) == 64 {
			others = append(others, line)
		}
	}
	for _, q := range d.Requests() {
		form, _ := url.ParseQuery(q.Body)
		for _, name := range []string{"assertion", "client_assertion", "password", "client_secret", "device_code", "code_verifier"} {
			if v := form.Get(name); v != "" {
				others = append(others, v)
			}
		}
		if a := q.Header.Get("Authorization"); a != "" {
			others = append(others, strings.TrimPrefix(a, "Basic "))
		}
	}
	return issued, others
}

// bearer reports whether a secret is an access or ID token: the domain's refresh tokens, codes and
// device codes are no JWTs.
func bearer(s string) bool { return strings.Count(s, ".") == 2 && strings.HasPrefix(s, "eyJ") }

// S45, S51.
func TestNoSecretGoesWhereItDoesNotBelong(t *testing.T) {
	r := newRoom(t)
	w := startWatch(t, r.Home, string(r.Program))
	r.watch = w
	r.everything()
	w.stop()

	issued, others := r.secrets()
	all := append(append([]string(nil), issued...), others...)
	if len(issued) < 10 || len(others) < 20 {
		t.Fatalf("there are only %d and %d secrets to look for", len(issued), len(others))
	}
	judge := func(where, text string, allowed func(string) bool) {
		for _, f := range search(text, all) {
			if !allowed(f.secret) {
				t.Errorf("%s: a secret of %d bytes (%s), %s", where, len(f.secret), idcstest.Digest(f.secret), f.form)
			}
		}
	}
	none := func(string) bool { return false }
	given := 0
	for _, s := range r.said {
		if s.token && len(search(s.text, issued)) > 0 {
			given++
		}
		judge(s.where, s.text, func(secret string) bool { return s.token && bearer(secret) })
	}
	if given < 8 {
		t.Errorf("only %d calls gave a token", given)
	}
	judge("arguments of a process", w.text(), none)
	for name, env := range w.children {
		judge("environment of "+name, env, none)
	}

	own := map[string]bool{}
	for _, s := range issued {
		own[s] = true
	}
	kept := 0
	err := filepath.WalkDir(r.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || r.placed[path] {
			return err
		}
		judge("name of a file", path, none)
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		store := filepath.Dir(path) == r.Cache && (strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".new") || strings.Contains(path, ".bad-"))
		if store && len(search(string(b), issued)) > 0 {
			kept++
		}
		judge(path, string(b), func(secret string) bool { return store && own[secret] })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if kept < 3 {
		t.Errorf("only %d token files hold tokens: the scan looks in the wrong place", kept)
	}
	if _, err := os.Stat(filepath.Join(r.Home, "tmp", "tls-keys")); err == nil {
		t.Error("SSLKEYLOGFILE was obeyed")
	}
	if _, err := os.Stat(filepath.Join(r.Home, "environment-of-a-child")); err != nil {
		t.Errorf("the secret_command never ran: %v", err)
	}
}

// everything is each command and helper, as it works and as it fails.
func (r *room) everything() {
	d := r.Domain
	const people = machine.People
	git, docker := machine.Git.Name, machine.Docker.Name
	password := ""
	for _, s := range d.Secrets() {
		if strings.HasPrefix(s, "pass ") {
			password = s
		}
	}
	host := func(name string) string { return "protocol=https\nhost=" + name + ".example.com\n" }

	r.call(0, false, people, "", "version")
	r.call(0, false, people, "", "help")
	r.call(3, false, people, "", "token", "file")
	r.call(0, false, people, "", "login", "key", "--assertion")
	r.call(1, false, people, d.SecretClient.Secret, "login", "variable", "--password-stdin") // not the password
	r.call(0, false, people, password, "login", "variable", "--password-stdin")
	given := d.NewLogin(d.SecretClient.ID, machine.Scope+" offline_access")
	tok, err := json.Marshal(map[string]string{"refresh_token": given, "app_access_token": "x"})
	if err != nil {
		r.t.Fatal(err)
	}
	r.call(0, false, people, string(tok), "login", "file", "--refresh-token-stdin")
	r.call(2, false, people, "", "login", "--client-secret") // no such option; what follows is never asked for
	r.device()
	r.visit()

	for _, name := range []string{"key", "file", "variable", "command", "device"} {
		r.call(0, true, git, host(name)+"\n", "get")
		r.call(0, true, docker, name+".example.com", "get")
		r.call(0, true, people, "", "kubectl", "--profile", name)
		r.call(0, true, people, "", "token", name, "--json")
		r.call(0, true, people, "", "token", name, "--header")
		r.call(0, false, people, "", "refresh", name)
	}
	r.call(0, false, git, host("key")+"password="+othersPassword+"\n\n", "store")
	r.call(0, false, git, host("key")+"password="+othersPassword+"\n\n", "erase")
	r.call(0, false, git, "protocol=https\nhost=x\nhost=y\npassword="+othersPassword+"\n\n", "get")
	r.call(0, false, git, "", "capability")
	store, err := json.Marshal(map[string]string{"ServerURL": "key.example.com", "Username": "x", "Secret": othersPassword})
	if err != nil {
		r.t.Fatal(err)
	}
	p := r.Start(machine.Call{Name: docker, Stdin: string(store), Args: []string{"store"}}).Wait()
	r.said = append(r.said, saying{"docker store", p.Stdout + p.Stderr, false})
	r.call(0, false, docker, "", "list")
	r.call(1, false, docker, othersPassword, "get")
	for _, args := range [][]string{{"status"}, {"status", "--json"}, {"configure", "git", "key", "--dry-run"}} {
		p := r.Start(machine.Call{Name: people, Args: args}).Wait()
		r.said = append(r.said, saying{strings.Join(args, " "), p.Stdout + p.Stderr, false})
	}

	r.relatives()
	r.tools()
	r.failures()
	r.call(0, false, people, "", "logout", "variable")
	r.call(0, false, people, "", "logout", "another")
	r.call(0, false, people, "", "status", "--json")
}

// failures are answers of the domain that hold the secret which they refuse, raw and coded.
func (r *room) failures() {
	d := r.Domain
	secret := d.SecretClient.Secret
	for _, text := range []string{secret, base64.StdEncoding.EncodeToString([]byte(d.SecretClient.ID + ":" + secret)), url.QueryEscape(secret)} {
		body, err := json.Marshal(map[string]string{"error": "invalid_request", "error_description": "got " + text, "ecid": text})
		if err != nil {
			r.t.Fatal(err)
		}
		d.Script(idcstest.Fault{On: idcstest.ClientCredentials, Status: 400, Body: string(body)})
		p := r.Start(machine.Call{Name: machine.People, Args: []string{"refresh", "command"}}).Wait()
		if p.Exit == 0 {
			r.t.Errorf("%s: the fault was without effect", p)
		}
		r.said = append(r.said, saying{"a refused refresh", p.Stdout + p.Stderr, false})
		p = r.Start(machine.Call{Name: machine.People, Args: []string{"status", "--json"}}).Wait()
		r.said = append(r.said, saying{"status of a refused refresh", p.Stdout + p.Stderr, false})
		d.Unscript()
	}
}

// device is a login whose person types the code elsewhere.
func (r *room) device() {
	p := r.Start(machine.Call{Name: machine.People, Args: []string{"login", "device"}})
	for deadline := time.Now().Add(20 * time.Second); !r.Domain.ApproveDevice("", "canary@example.com"); {
		if time.Now().After(deadline) {
			r.t.Fatalf("nobody asks for a device code: %s", p.Kill())
		}
		time.Sleep(time.Millisecond)
	}
	r.end(0, false, p)
}
