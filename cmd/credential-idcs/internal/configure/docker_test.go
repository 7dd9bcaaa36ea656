package configure

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

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

func registriesOf(t *testing.T, urls ...string) Registries {
	return Registries{Profile: "work", Targets: targets(t, urls...)}
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
			h := newHome(t)
			h.write(".docker/config.json", before)
			in := registriesOf(t, "https://Reg.example.com", "https://reg.example.com:5000", "https://[::1]:5000")
			p, err := Docker(h.env, in)
			must(t, p, err)
			once := h.read(".docker/config.json")
			want := addIdcs(decoded(t, before), "reg.example.com", "reg.example.com:5000", "[::1]:5000")
			if diff := cmp.Diff(want, decoded(t, once)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if p, err = Docker(h.env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("second time: %v\n%s", err, p.Diff())
			}
			p, err = UndoDocker(h.env, in)
			must(t, p, err)
			if diff := cmp.Diff(before, h.read(".docker/config.json")); diff != "" {
				t.Errorf("undone (-before +after):\n%s\nfrom %q", diff, once)
			}
			if p, err = UndoDocker(h.env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("undone twice: %v\n%s", err, p.Diff())
			}
		})
	}
}

// What is added looks like what is around it.
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
	h := newHome(t)
	h.env.Vars = append(h.env.Vars, "DOCKER_CONFIG=conf")
	p, err := Docker(h.env, registriesOf(t, "https://reg.example.com"))
	must(t, p, err)
	if got, want := h.read("conf/config.json"), "{\n\t\"credHelpers\": {\n\t\t\"reg.example.com\": \"idcs\"\n\t}\n}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if fi, err := os.Stat(h.path("conf/config.json")); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want 0600", fi.Mode(), err)
	}
	in := registriesOf(t)
	in.Hosts = []string{"reg.example.com"} // no target any more
	p, err = UndoDocker(h.env, in)
	must(t, p, err)
	if exists(h.path("conf/config.json")) {
		t.Errorf("left behind: %q", h.read("conf/config.json"))
	}
}

// The real docker asks the helper that configure set: without an engine `docker login` gets as far
// as storing, and `docker logout` erases through it.
func TestDockerItselfAsksUs(t *testing.T) {
	needTool(t, "docker")
	h := newHome(t)
	h.write("bin/docker-credential-idcs", "#!/bin/sh\necho \"$1 $(cat)\" >>"+h.path("calls")+"\n")
	h.write(".docker/config.json", dockerFiles["docker"])
	p, err := Docker(h.env, registriesOf(t, "https://reg.example.com:5000"))
	must(t, p, err)
	for _, server := range []string{"reg.example.com:5000", "gcr.io"} {
		cmd := exec.Command("docker", "logout", server)
		cmd.Env = h.env.Vars
		_ = cmd.Run() // the other helper is missing: docker says so
	}
	got := h.read("calls")
	if !strings.HasPrefix(got, "erase reg.example.com:5000\n") || strings.Contains(got, "gcr.io") {
		t.Errorf("docker called %q", got)
	}
}

func TestDockerRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, path string
		urls       []string
		hosts      []string
		want       string
		exit       int
	}{
		"another helper": {file: `{"credHelpers":{"reg.example.com":"ecr-login"}}`,
			want: "FILE has another helper for reg.example.com: ecr-login\n\tcredential-idcs configure docker --overwrite reg.example.com --profile work\n", exit: 1},
		"no JSON":          {file: `{"auths":{},}`, want: "FILE can't be edited: it is not JSON\n", exit: 1},
		"comments":         {file: "{} // mine", want: "FILE can't be edited: it is not JSON\n", exit: 1},
		"no object":        {file: `[]`, want: "FILE can't be edited: it holds no JSON object\n", exit: 1},
		"helpers a string": {file: `{"credHelpers":"idcs"}`, want: "FILE can't be edited: the value is no object\n", exit: 1},
		"twice":            {file: `{"credHelpers":{},"credHelpers":{}}`, want: "FILE can't be edited: it has a member twice\n", exit: 1},
		"another case":     {file: `{"CredHelpers":{}}`, want: "FILE can't be edited: it has credHelpers in another spelling\n", exit: 1},
		"not on PATH":      {file: `{}`, path: "/nowhere", want: "docker-credential-idcs is not on PATH\n\texport PATH=HOME/bin:\"$PATH\"\n", exit: 1},
		"no target":        {file: `{}`, hosts: []string{"x.example.com"}, want: "https://x.example.com is not a target of profile work\n", exit: 5},
		"a path":           {file: `{}`, urls: []string{"https://p.example.com/team"}, hosts: []string{"p.example.com"}, want: "https://p.example.com/team has a path, and docker names registries by host only\n", exit: 5},
		"no host":          {file: `{}`, hosts: []string{"a b"}, want: "a b is no registry's host: the host has a character that is no letter, digit, -, _ or dot (international names: write the xn-- form)\n", exit: 2},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			h.write(".docker/config.json", c.file)
			if c.path != "" {
				h.env.Vars = append(h.env.Vars, "PATH="+c.path)
			}
			in := registriesOf(t, append(c.urls, "https://reg.example.com")...)
			in.Hosts = c.hosts
			_, err := Docker(h.env, in)
			got := strings.NewReplacer(h.path(".docker/config.json"), "FILE", h.dir, "HOME").Replace(refusal(t, err))
			if got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if got := failure(t, err).Class.Exit(); got != c.exit {
				t.Errorf("exit %d, want %d", got, c.exit)
			}
		})
	}
}

func TestDockerOverwrites(t *testing.T) {
	h := newHome(t)
	h.write(".docker/config.json", `{"credHelpers":{"reg.example.com" : "ecr-login", "b":"c"}}`)
	in := registriesOf(t, "https://reg.example.com")
	in.Overwrite = true
	p, err := Docker(h.env, in)
	must(t, p, err)
	if got, want := h.read(".docker/config.json"), `{"credHelpers":{"reg.example.com" : "idcs", "b":"c"}}`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	h.write(".docker/config.json", `{"credHelpers":{"reg.example.com":"ecr-login"}}`)
	if p, err := UndoDocker(h.env, in); err != nil || len(p.Changes) != 0 {
		t.Errorf("undo took another's helper: %v\n%s", err, p.Diff())
	}
}

func TestDockerNotes(t *testing.T) {
	h := newHome(t)
	h.write(".docker/config.json", `{"auths":{"https://reg.example.com/v1/":{"auth":"U0VDUkVU"},"empty.example.com":{},"x.example.com":{"auth":"x"}}}`)
	h.env.Vars = append(h.env.Vars, `DOCKER_AUTH_CONFIG={"auths":{"reg.example.com":{"auth":"HIDDEN"}}}`)
	p, err := Docker(h.env, registriesOf(t, "https://reg.example.com", "https://empty.example.com", "https://reg.example.com/team"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range p.Notes {
		got = append(got, strings.ReplaceAll(n.Lines(), h.dir, "HOME"))
	}
	want := []string{
		"credential-idcs: https://reg.example.com/team is left out: docker names registries by host only, and this target has a path\n",
		"credential-idcs: HOME/.docker/config.json still holds a password for reg.example.com\n\tdocker logout reg.example.com\n",
		"credential-idcs: DOCKER_AUTH_CONFIG is set: docker takes what it holds for a registry before it asks a helper\n\tunset DOCKER_AUTH_CONFIG\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := p.Diff(); strings.Contains(diff, "U0VDUkVU") || !strings.Contains(diff, `"auths":"(hidden)"`) {
		t.Errorf("the diff shows passwords:\n%s", diff)
	}
}

func TestDockerDryRun(t *testing.T) {
	h := newHome(t)
	h.write(".docker/config.json", dockerFiles["docker"])
	p, err := Docker(h.env, registriesOf(t, "https://reg.example.com"))
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
	if diff := cmp.Diff(want, strings.ReplaceAll(p.Diff(), h.dir, "HOME")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := h.read(".docker/config.json"); got != dockerFiles["docker"] {
		t.Errorf("a dry run wrote %q", got)
	}
}

func TestPodmanFindsItsFile(t *testing.T) {
	for name, c := range map[string]struct {
		vars []string
		want string
	}{
		"default":            {nil, ".config/containers/auth.json"},
		"XDG":                {[]string{"XDG_CONFIG_HOME=HOME/x"}, "x/containers/auth.json"},
		"REGISTRY_AUTH_FILE": {[]string{"XDG_CONFIG_HOME=HOME/x", "REGISTRY_AUTH_FILE=HOME/a.json"}, "a.json"},
		"not the runtime's":  {[]string{"XDG_RUNTIME_DIR=HOME/run"}, ".config/containers/auth.json"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			for _, v := range c.vars {
				h.env.Vars = append(h.env.Vars, strings.ReplaceAll(v, "HOME/", h.dir+"/"))
			}
			in := registriesOf(t, "https://reg.example.com")
			p, err := Podman(h.env, in)
			must(t, p, err)
			if diff := cmp.Diff(addIdcs(map[string]any{}, "reg.example.com"), decoded(t, h.read(c.want))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			p, err = UndoPodman(h.env, in)
			must(t, p, err)
			if exists(h.path(c.want)) {
				t.Error("undo left the file")
			}
		})
	}
}

func TestPodmanTellsOfTheFileThatComesFirst(t *testing.T) {
	h := newHome(t)
	h.env.Vars = append(h.env.Vars, "XDG_RUNTIME_DIR="+h.path("run"))
	h.write("run/containers/auth.json", `{"auths":{"reg.example.com":{"auth":"x"}},"credHelpers":{"b.example.com":"other"}}`)
	p, err := Podman(h.env, registriesOf(t, "https://reg.example.com", "https://b.example.com"))
	must(t, p, err)
	var got []string
	for _, n := range p.Notes {
		got = append(got, strings.ReplaceAll(n.Lines(), h.dir, "HOME"))
	}
	if diff := cmp.Diff([]string{
		"credential-idcs: HOME/run/containers/auth.json comes first and holds a password for reg.example.com\n\tpodman logout --authfile HOME/run/containers/auth.json reg.example.com\n",
		"credential-idcs: HOME/run/containers/auth.json comes first and has another helper for b.example.com\n" +
			"\tREGISTRY_AUTH_FILE=HOME/run/containers/auth.json credential-idcs configure podman --overwrite b.example.com\n",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzDockerFile(f *testing.F) {
	for _, c := range dockerFiles {
		f.Add(c, "reg.example.com")
	}
	f.Add(`{"credHelpers":{"a":1}}`, "a")
	f.Add("{\"a\":{\"b\":\"\xff\"}}", "<b>")
	f.Fuzz(func(t *testing.T, before, host string) {
		after, err := addHelper([]byte(before), host, false)
		if err != nil || string(after) == before {
			var other otherHelper
			if err == nil && decoded(t, before)["credHelpers"].(map[string]any)[strings.ToValidUTF8(host, "\ufffd")] != "idcs" && !errors.As(err, &other) {
				t.Fatalf("nothing was done to %q", before)
			}
			return
		}
		if strings.ToValidUTF8(host, "") != host {
			return // hosts have passed the matcher
		}
		if diff := cmp.Diff(addIdcs(decoded(t, before), host), decoded(t, string(after))); diff != "" {
			t.Fatalf("something else changed:\n%s\n%q", diff, after)
		}
		if hidden := hideSecrets(after); !json.Valid(hidden) {
			t.Fatalf("hidden: %q", hidden)
		}
		again, err := addHelper(after, host, false)
		if err != nil || !bytes.Equal(again, after) {
			t.Fatalf("twice: %v %q", err, again)
		}
		undone, err := dropHelper(after, host)
		if err != nil || string(undone) != before {
			t.Fatalf("undone: %v\ngot  %q\nwant %q\nafter %q", err, undone, before, after)
		}
	})
}
