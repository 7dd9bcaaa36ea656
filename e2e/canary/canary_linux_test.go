package canary

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// What no other process may see, beside what the domain knows: given to a helper, and not ours.
const othersPassword = `other helper's <password> & "more" %41 9f8e7d6c5b`

// A room is a home folder with a profile for each login and proof, and what was said in it.
type room struct {
	*machine.Machine
	t      *testing.T
	placed map[string]bool // files with secrets that the test itself wrote
	said   []saying
	watch  *watch
}

// A saying is one stream of one call.
type saying struct {
	where string
	text  string
	token bool // an access or ID token was asked for
}

const profiles = `
[profiles.key]
domain = "%[1]s"
ca_file = "%[2]s"
client_id = "%[3]s"
login = "assertion"
scope = "urn:opc:idm:__myscopes__"
targets = ["https://key.example.com"]
[profiles.key.client]
key_file = "client-key.pem"
key_id = "%[4]s"
[profiles.key.user]
subject = "%[5]s"

[profiles.file]
domain = "%[1]s"
ca_file = "%[2]s"
client_id = "%[6]s"
login = "refresh_token"
scope = "urn:opc:idm:__myscopes__"
targets = ["https://file.example.com"]
[profiles.file.client]
secret_file = "client.secret"

[profiles.variable]
domain = "%[1]s"
ca_file = "%[2]s"
client_id = "%[6]s"
login = "password"
username = "%[5]s"
scope = "urn:opc:idm:__myscopes__"
targets = ["https://variable.example.com"]
[profiles.variable.client]
secret_env = "CANARY_SECRET"

[profiles.command]
domain = "%[1]s"
ca_file = "%[2]s"
client_id = "%[6]s"
login = "client_credentials"
scope = "urn:opc:idm:__myscopes__"
targets = ["https://command.example.com"]
[profiles.command.client]
secret_command = ["%[7]s"]

[profiles.browser]
domain = "%[1]s"
ca_file = "%[2]s"
client_id = "%[9]s"
login = "browser"
redirect_url = "%[10]s"
scope = "urn:opc:idm:__myscopes__ openid"
token = "id"
targets = ["https://browser.example.com", "https://sts.googleapis.com"]

[profiles.device]
domain = "%[1]s"
ca_file = "%[2]s"
client_id = "%[8]s"
login = "device"
scope = "urn:opc:idm:__myscopes__"
targets = ["https://device.example.com"]
`

func newRoom(t *testing.T) *room {
	t.Helper()
	dir := t.TempDir()
	program, err := machine.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := idcstest.Start(t, idcstest.Options{
		Users:          []idcstest.User{{Name: "canary@example.com", Password: `pass "word" <&+/%> 0a1b2c3d4e5f6071`}},
		DeviceInterval: time.Second,
	})
	r := &room{Machine: machine.New(t, program, d, machine.Alone), t: t, placed: map[string]bool{}}
	r.place("client.secret", d.SecretClient.Secret)
	r.placed[filepath.Join(r.Home, ".config/credential-idcs/client-key.pem")] = true
	tool := filepath.Join(r.Home, "print-secret")
	secretFile := filepath.Join(r.Home, ".config/credential-idcs/client.secret")
	// The command tells what it was given.
	script := "#!/bin/sh\nenv > " + r.Home + "/environment-of-a-child\necho \"$0 $*\" >> " + r.Home + "/environment-of-a-child\ncat " + secretFile + "\n"
	if err := os.WriteFile(tool, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(r.Home, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	desk := d.PublicClient
	desk.ID, desk.RedirectURIs = "desk", []string{"http://" + freeAddress(t) + "/callback"}
	if err := d.AddClient(desk); err != nil {
		t.Fatal(err)
	}
	r.Write("config.toml", fmt.Sprintf(profiles, d.URL(), d.CAFile, d.KeyClient.ID, d.KeyClient.Key.Alias,
		"canary@example.com", d.SecretClient.ID, tool, d.PublicClient.ID, desk.ID, desk.RedirectURIs[0]))
	if err := os.Symlink(machine.People, filepath.Join(dir, "keyring")); err != nil {
		t.Fatal(err)
	}
	r.others()
	r.Env = append(r.Env, "PATH="+dir+":"+os.Getenv("PATH"), "XDG_RUNTIME_DIR="+tmp, "BROWSER="+r.browser(), "TMPDIR="+tmp, "CREDENTIAL_IDCS_DEBUG=1", "GODEBUG=http2debug=2", "GOTRACEBACK=all",
		"SSLKEYLOGFILE="+filepath.Join(tmp, "tls-keys"), "CANARY_SECRET="+d.SecretClient.Secret)
	return r
}

// place writes a file with a secret, which may stand there.
func (r *room) place(name, content string) {
	r.Write(name, content)
	r.placed[filepath.Join(r.Home, ".config/credential-idcs", name)] = true
}

// call runs a call and keeps what it said. want is its exit status.
func (r *room) call(want int, token bool, name, stdin string, args ...string) machine.Result {
	r.t.Helper()
	return r.end(want, token, r.Start(machine.Call{Name: name, Stdin: stdin, Args: args}))
}

func (r *room) end(want int, token bool, p *machine.Process) machine.Result {
	r.t.Helper()
	got := p.Wait()
	if got.Exit != want {
		r.t.Errorf("%s: exit %d, want %d: %s", got.Call, got.Exit, want, got.Stderr)
	}
	r.said = append(r.said, saying{got.Call.String() + ": stdout", got.Stdout, token},
		saying{got.Call.String() + ": stderr", got.Stderr, false})
	return got
}

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
