package docker

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/google/go-cmp/cmp"
)

// dockerFiles are files as docker, podman, jq and people write them.
var dockerFiles = map[string]string{
	"docker": `{
	"auths": {
		"https://index.docker.io/v1/": {
			"auth": "U0VDUkVU"
		}
	},
	"credsStore": "desktop",
	"currentContext": "default"
}`,
	"helpers":      "{\n\t\"credHelpers\": {\n\t\t\"gcr.io\": \"gcloud\",\n\t\t\"eu.gcr.io\": \"gcloud\"\n\t},\n\t\"auths\": {}\n}\n",
	"two spaces":   "{\n  \"auths\": {},\n  \"credHelpers\": {\n    \"gcr.io\": \"gcloud\"\n  }\n}\n",
	"four spaces":  "{\n    \"auths\" : {}\n}\n",
	"crlf":         "{\r\n  \"auths\": {\r\n  }\r\n}\r\n",
	"compact":      `{"auths":{"a":{"auth":"b"}},"x":[1,2.50,"\u0041",{"y":null}]}`,
	"one line":     `{ "auths": { } }`,
	"braces":       "{}",
	"space inside": "{ \n }\n",
	"no helpers":   `{"credHelpers":{}}`,
	"none, lined":  "{\n\t\"credHelpers\": {},\n\t\"auths\": {}\n}",
	"none, spaced": "{\n\t\"credHelpers\": { },\n\t\"auths\": {}\n}",
	"none, broken": "{\n\t\"credHelpers\": {\n\t}\n}\n",
	"escaped":      "{\"a\\\"}{\": \"\\\\\", \"n\": -1e+3 , \"t\":true}\n\n",
	"odd indent":   "{\n\"auths\": {},\n      \"b\": 1}",
	"empty":        "",
	"blank":        "\n  \n",
}

func registriesOf(t *testing.T, urls ...string) tool.Request {
	return tool.Request{Profile: "work", Targets: tooltest.Targets(t, urls...)}
}

// decoded is what a decoder sees, numbers as they are written.
func decoded(t *testing.T, b string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if strings.TrimSpace(b) == "" {
		return out
	}
	d := json.NewDecoder(strings.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return out
}

// addIdcs is what a configured file should decode to.
func addIdcs(m map[string]any, hosts ...string) map[string]any {
	helpers, ok := m["credHelpers"].(map[string]any)
	if !ok {
		helpers = map[string]any{}
		m["credHelpers"] = helpers
	}
	for _, h := range hosts {
		helpers[h] = "idcs"
	}
	return m
}

func TestDockerTwiceIsOnceAndUndoGivesTheBytesBack(t *testing.T) {
	for name, before := range dockerFiles {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			h.Write(".docker/config.json", before)
			in := registriesOf(t, "https://Reg.example.com", "https://reg.example.com:5000", "https://[::1]:5000")
			p, err := (Tool{}).Plan(t.Context(), h.Env, in)
			tooltest.Must(t, p, err)
			once := h.Read(".docker/config.json")
			want := addIdcs(decoded(t, before), "reg.example.com", "reg.example.com:5000", "[::1]:5000")
			if diff := cmp.Diff(want, decoded(t, once)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if p, err = (Tool{}).Plan(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("second time: %v\n%s", err, p.Diff())
			}
			p, err = (Tool{}).Undo(t.Context(), h.Env, in)
			tooltest.Must(t, p, err)
			if diff := cmp.Diff(before, h.Read(".docker/config.json")); diff != "" {
				t.Errorf("undone (-before +after):\n%s\nfrom %q", diff, once)
			}
			if p, err = (Tool{}).Undo(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("undone twice: %v\n%s", err, p.Diff())
			}
		})
	}
}

// D18: What is added looks like what is around it.
func TestDockerKeepsTheStyle(t *testing.T) {
	for name, want := range map[string]string{
		"docker":       strings.Replace(dockerFiles["docker"], "\"default\"\n", "\"default\",\n\t\"credHelpers\": {\n\t\t\"reg.example.com\": \"idcs\"\n\t}\n", 1),
		"helpers":      strings.Replace(dockerFiles["helpers"], "\n\t},", ",\n\t\t\"reg.example.com\": \"idcs\"\n\t},", 1),
		"two spaces":   strings.Replace(dockerFiles["two spaces"], "\n  }", ",\n    \"reg.example.com\": \"idcs\"\n  }", 1),
		"four spaces":  "{\n    \"auths\" : {},\n    \"credHelpers\" : {\n        \"reg.example.com\" : \"idcs\"\n    }\n}\n",
		"crlf":         "{\r\n  \"auths\": {\r\n  },\r\n  \"credHelpers\": {\r\n    \"reg.example.com\": \"idcs\"\r\n  }\r\n}\r\n",
		"compact":      strings.TrimSuffix(dockerFiles["compact"], "}") + `,"credHelpers":{"reg.example.com":"idcs"}}`,
		"one line":     `{ "auths": { }, "credHelpers": {"reg.example.com": "idcs"} }`,
		"empty":        "{\n\t\"credHelpers\": {\n\t\t\"reg.example.com\": \"idcs\"\n\t}\n}",
		"none, spaced": "{\n\t\"credHelpers\": { \"reg.example.com\": \"idcs\" },\n\t\"auths\": {}\n}",
	} {
		got, err := addHelper([]byte(dockerFiles[name]), "reg.example.com", false)
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", name, err, cmp.Diff(want, string(got)))
		}
	}
}

func TestDockerMakesAFileAndTakesItAway(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	h.Env.Vars = append(h.Env.Vars, "DOCKER_CONFIG=conf")
	p, err := (Tool{}).Plan(t.Context(), h.Env, registriesOf(t, "https://reg.example.com"))
	tooltest.Must(t, p, err)
	if got, want := h.Read("conf/config.json"), "{\n\t\"credHelpers\": {\n\t\t\"reg.example.com\": \"idcs\"\n\t}\n}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if fi, err := os.Stat(h.Path("conf/config.json")); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want 0600", fi.Mode(), err)
	}
	in := registriesOf(t)
	in.Hosts = []string{"reg.example.com"} // no target any more
	p, err = (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if edit.Exists(h.Path("conf/config.json")) {
		t.Errorf("left behind: %q", h.Read("conf/config.json"))
	}
}

// The real docker asks the helper that configure set: without an engine `docker login` gets as far
// as storing, and `docker logout` erases through it.
func TestDockerItselfAsksUs(t *testing.T) {
	tooltest.NeedTool(t, "docker")
	h := tooltest.New(t)
	h.Write("bin/docker-credential-idcs", "#!/bin/sh\necho \"$1 $(cat)\" >>"+h.Path("calls")+"\n")
	h.Write(".docker/config.json", dockerFiles["docker"])
	p, err := (Tool{}).Plan(t.Context(), h.Env, registriesOf(t, "https://reg.example.com:5000"))
	tooltest.Must(t, p, err)
	for _, server := range []string{"reg.example.com:5000", "gcr.io"} {
		cmd := exec.Command("docker", "logout", server)
		cmd.Env = h.Env.Vars
		_ = cmd.Run() // the other helper is missing: docker says so
	}
	got := h.Read("calls")
	if !strings.HasPrefix(got, "erase reg.example.com:5000\n") || strings.Contains(got, "gcr.io") {
		t.Errorf("docker called %q", got)
	}
}

// D19.
func TestDockerRefuses(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for name, c := range map[string]struct {
		file, path string
		urls       []string
		hosts      []string
		want       string
		exit       int
	}{
		"another helper": {file: `{"credHelpers":{"reg.example.com":"ecr-login"}}`,
			want: "FILE has another helper for reg.example.com: ecr-login\n\tcredential-idcs configure docker --overwrite reg.example.com --profile work\n", exit: 1},
		"no JSON":          {file: `{"auths":{},}`, want: "FILE can't be read: it is not JSON\n\t${EDITOR:-vi} FILE\n", exit: 1},
		"comments":         {file: "{} // mine", want: "FILE can't be read: it is not JSON\n\t${EDITOR:-vi} FILE\n", exit: 1},
		"no object":        {file: `[]`, want: "FILE can't be read: it holds no JSON object\n\t${EDITOR:-vi} FILE\n", exit: 1},
		"helpers a string": {file: `{"credHelpers":"idcs"}`, want: "FILE can't be read: the value is no object\n\t${EDITOR:-vi} FILE\n", exit: 1},
		"twice":            {file: `{"credHelpers":{},"credHelpers":{}}`, want: "FILE can't be read: it has a member twice\n\t${EDITOR:-vi} FILE\n", exit: 1},
		"another case":     {file: `{"CredHelpers":{}}`, want: "FILE can't be read: it has credHelpers in another spelling\n\t${EDITOR:-vi} FILE\n", exit: 1},
		"not on PATH":      {file: `{}`, path: "/nowhere", want: "docker-credential-idcs is not on PATH\n\texport PATH=HOME/bin:\"$PATH\"\n", exit: 1},
		"no target":        {file: `{}`, hosts: []string{"x.example.com"}, want: "https://x.example.com is not a target of profile work\n\tcredential-idcs target add https://x.example.com --profile work\n", exit: 5},
		"a path":           {file: `{}`, urls: []string{"https://p.example.com/team"}, hosts: []string{"p.example.com"}, want: "https://p.example.com/team has a path, and docker names registries by host only\n", exit: 5},
		"no host":          {file: `{}`, hosts: []string{"a b"}, want: "a b is no registry's host: the host has a character that is no letter, digit, -, _ or dot (international names: write the xn-- form)\n", exit: 2},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			h.Write(".docker/config.json", c.file)
			if c.path != "" {
				h.Env.Vars = append(h.Env.Vars, "PATH="+c.path)
			}
			in := registriesOf(t, append(c.urls, "https://reg.example.com")...)
			in.Hosts = c.hosts
			_, err := (Tool{}).Plan(t.Context(), h.Env, in)
			got := strings.NewReplacer(h.Path(".docker/config.json"), "FILE", h.Dir, "HOME").Replace(tooltest.Refusal(t, err))
			if got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if got := tooltest.Failure(t, err).Class.Exit(); got != c.exit {
				t.Errorf("exit %d, want %d", got, c.exit)
			}
		})
	}
}

func TestDockerOverwrites(t *testing.T) {
	h := tooltest.New(t)
	h.Write(".docker/config.json", `{"credHelpers":{"reg.example.com" : "ecr-login", "b":"c"}}`)
	in := registriesOf(t, "https://reg.example.com")
	in.Overwrite = true
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if got, want := h.Read(".docker/config.json"), `{"credHelpers":{"reg.example.com" : "idcs", "b":"c"}}`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	h.Write(".docker/config.json", `{"credHelpers":{"reg.example.com":"ecr-login"}}`)
	if p, err := (Tool{}).Undo(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
		t.Errorf("undo took another's helper: %v\n%s", err, p.Diff())
	}
}

func TestDockerNotes(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	h.Write(".docker/config.json", `{"auths":{"https://reg.example.com/v1/":{"auth":"U0VDUkVU"},"empty.example.com":{},"x.example.com":{"auth":"x"}}}`)
	h.Env.Vars = append(h.Env.Vars, `DOCKER_AUTH_CONFIG={"auths":{"reg.example.com":{"auth":"HIDDEN"}}}`)
	p, err := (Tool{}).Plan(t.Context(), h.Env, registriesOf(t, "https://reg.example.com", "https://empty.example.com", "https://reg.example.com/team"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range p.Notes {
		got = append(got, strings.ReplaceAll(n.Lines(), h.Dir, "HOME"))
	}
	want := []string{
		"credential-idcs: https://reg.example.com/team is left out: docker names registries by host only, and this target has a path\n",
		"credential-idcs: HOME/.docker/config.json still holds a password for reg.example.com\n\tdocker logout reg.example.com\n",
		"credential-idcs: the variable DOCKER_AUTH_CONFIG holds a password for reg.example.com: docker uses it before any helper\n\tunset DOCKER_AUTH_CONFIG\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := p.Diff(); strings.Contains(diff, "U0VDUkVU") || !strings.Contains(diff, `"auths":"(hidden)"`) {
		t.Errorf("the diff shows passwords:\n%s", diff)
	}
}

func TestDockerDryRun(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	h.Write(".docker/config.json", dockerFiles["docker"])
	p, err := (Tool{}).Plan(t.Context(), h.Env, registriesOf(t, "https://reg.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	want := `--- HOME/.docker/config.json
+++ HOME/.docker/config.json
@@ -1,5 +1,8 @@
 {
 	"auths": "(hidden)",
 	"credsStore": "desktop",
-	"currentContext": "default"
+	"currentContext": "default",
+	"credHelpers": {
+		"reg.example.com": "idcs"
+	}
 }
\ No newline at end of file
`
	if diff := cmp.Diff(want, strings.ReplaceAll(p.Diff(), h.Dir, "HOME")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := h.Read(".docker/config.json"); got != dockerFiles["docker"] {
		t.Errorf("a dry run wrote %q", got)
	}
}
