package canary

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
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
