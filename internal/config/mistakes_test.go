package config

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// above is a right profile of six lines. Mistakes go behind it, from line 7 on.
const above = `[profiles.work]
domain = "https://d.example.com"
client_id = "c"
login = "device"
scope = "openid profile"

`

func TestMistakesOfTheLanguageNameTheLine(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{"a = \n", "config.toml:1: unexpected character U+000A at start of value; the value is missing"},
		{above + "username = # me", "config.toml:7: unexpected character U+0023 '#' at start of value; the value is missing"},
		{above + "username = ana", `config.toml:7: unexpected character U+0061 'a' at start of value; a text is written in quotes: "…"`},
		{above + "username = \u201cana\u201d", "config.toml:7: unexpected character U+00E2 '\u00e2' at start of value; write plain quotes: \"…\""},
		{above + "targets = [https://git.example.com]", `config.toml:7: unexpected character U+0068 'h' at start of value; a text is written in quotes: "…"`},
		{above + "username = \"ana\nexpiry = \"8h\"", "config.toml:7: basic strings cannot have new lines; the closing quote is missing"},
		{above + "username = 'ana\"\nexpiry = \"8h\"", "config.toml:7: literal strings cannot have new lines; the closing quote is missing"},
		{"x = 1\n[profiles.work\n", "config.toml:2: "},
		{above + "\n\nfoo", "config.toml:9: expected '=' after key"},
		{"default = \"a\"\ndefault = \"b\"\n", `config.toml:2: "default" is there twice, first in line 1`},
		{"[profiles.a]\n[profiles.b]\n[profiles.a]\n", `config.toml:3: "a" is there twice, first in line 1`},
		{"[profiles]\na.login = 1\n[profiles.a]\n", `config.toml:3: "a" is there twice, first in line 2`},
		{"profiles = {}\n[profiles.a]\n", `config.toml:2: "profiles" is there twice, first in line 1`},
		{"profiles = { a = { login = \"device\" } }\nprofiles.a.scope = \"\"\n", `config.toml:2: "profiles" is there twice, first in line 1`},
		{"default = \"a\"\n[default.b]\n", `config.toml:2: "default" is there twice, first in line 1`},
		{"[[profiles]]\n", `config.toml:1: ["profiles"] in double brackets`},
		// A path as Windows shows it: \U, \t, \w and \n in double quotes.
		{above + `ca_file = "C:\Users\ana\ca.crt"`, `config.toml:7: invalid hexadecimal digit in unicode escape sequence; write a path with backslashes in single quotes`},
		{above + `ca_file = "d:\work\ca.crt"`, `config.toml:7: invalid escape character U+0077 'w'; write a path with backslashes in single quotes`},
		{above + `ca_file = "\\server\share\ca.crt"`, `config.toml:7: invalid escape character U+0073 's'; write a path with backslashes in single quotes`},
		{above + `ca_file = "C:\temp\new.crt"`, `config.toml:7: ca_file has a control character; write a path with backslashes in single quotes`},
		{above + `ca_file = [ "system", "C:\Users\ca.crt" ]`, `config.toml:7: invalid hexadecimal digit in unicode escape sequence`},
		{above + `username = "a\qb"`, `config.toml:7: invalid escape character U+0071 'q'`},
	} {
		_, err := load(t, c.doc)
		checkMistake(t, c.doc, err, c.want)
	}
}

func TestSealing(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{"seal = \"vault\"\n", `config.toml:1: seal must be "none", "kernel" or "keyring"`},
		{"seal = \"\"\n", `config.toml:1: seal must be "none", "kernel" or "keyring"`},
		{"seal = true\n", `config.toml:1: seal `},
		{"seal = \"none\"\nseal_timeout = \"8h\"\n", `config.toml:2: seal_timeout goes with seal = "kernel" or "keyring"`},
		{"seal = \"kernel\"\nseal_timeout = \"8\"\n", `config.toml:2: seal_timeout must be a duration from 1m to 8760h, such as 8h`},
		{"seal = \"kernel\"\nseal_timeout = \"1s\"\n", `config.toml:2: seal_timeout must be`},
		{"seal = \"kernel\"\nseal_timeout = \"-8h\"\n", `config.toml:2: seal_timeout must be`},
	} {
		if runtime.GOOS != "linux" && strings.Contains(c.doc, "kernel") {
			c.want = `config.toml:1: seal: "kernel" is Linux's; use "none" here`
		}
		_, err := load(t, c.doc+above)
		checkMistake(t, c.doc, err, c.want)
	}
	if runtime.GOOS != "linux" {
		_, err := load(t, "seal = \"keyring\"\n"+above)
		checkMistake(t, "keyring", err, `config.toml:1: seal: "keyring" is Linux's; use "none" here`)
		return
	}
	if f, err := load(t, "seal = \"keyring\"\nseal_timeout = \"8h\"\n"+above+"targets = []\n"); err != nil || f.Seal != "keyring" {
		t.Errorf("%+v, %v", f, err)
	}
	f, err := load(t, "seal = \"kernel\"\nseal_timeout = \"8h\"\n"+above+"targets = []\n")
	if err != nil || f.Seal != "kernel" || f.SealTimeout != 8*time.Hour {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestMistakesNameFileLineAndKey(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		// Keys.
		{`scopes = "x"`, `config.toml:7: unknown key "scopes"; did you mean "scope"?`},
		{`client-id = "x"`, `config.toml:7: unknown key "client-id"; did you mean "client_id"?`},
		{`secret_file = "x"`, `config.toml:7: unknown key "secret_file"; it belongs in [profiles.NAME.client]`},
		{`default = "work"`, `config.toml:7: unknown key "default"; it belongs at the top of the file, before the first table`},
		{"[profiles.work.client]\nseal = \"kernel\"", `config.toml:8: unknown key "seal"; it belongs at the top of the file, before the first table`},
		{`colour = "x"`, `config.toml:7: unknown key "colour"`},
		{"[profiles.work.client]\nsecret = \"hunter2\"", `config.toml:8: unknown key "secret"; did you mean "secret_file"?`},
		{"[profiles.work.client]\nkey_file = \"k\"\nkey_id = \"i\"\ntargets = []", `config.toml:10: unknown key "targets"; it belongs in [profiles.NAME]`},
		{`user = { subject = "x", pasword = "hunter2" }`, `config.toml:7: unknown key "pasword"`},
		{"[profile.other]", `config.toml:7: unknown key "profile"; did you mean "profiles"?`},
		// Types.
		{`expiry = 28800`, `config.toml:7: expiry must be a string in quotes`},
		{`targets = "https://git.example.com"`, `config.toml:7: targets must be a list of strings`},
		{"targets = [\n \"https://a.example.com\",\n 5,\n]", `config.toml:9: targets must have strings in quotes only`},
		{`client = "x"`, `config.toml:7: client must be a table`},
		{`target = { "https://a.example.com" = "ana" }`, `config.toml:7: target."https://a.example.com" must be a table`},
		{`username = "a\u0007b"`, `config.toml:7: username has a control character`},
		{`username = ""`, `config.toml:7: username is empty`},
		{`expiry = ""`, `config.toml:7: expiry is empty`},
		// Values.
		{`expiry = "59s"`, `config.toml:7: expiry must be from 60s to 31556952s`},
		{`expiry = "31556953s"`, `config.toml:7: expiry must be from 60s to 31556952s`},
		{`expiry = "-8h"`, `config.toml:7: expiry must be from 60s to 31556952s`},
		{`expiry = "90500ms"`, `config.toml:7: expiry must be whole seconds`},
		{`expiry = "28800"`, `config.toml:7: expiry must be a duration such as "8h"`},
		{`username = "a:b"`, `config.toml:7: username has a colon`},
		{`username = " ana"`, `config.toml:7: username begins or ends with a space`},
		{`username = "<token>"`, `config.toml:7: username is <token>`},
		{`username = "` + strings.Repeat("x", 256) + `"`, `config.toml:7: username is longer than 255 bytes`},
		{`refresh_scope = "urn:opc:resource:multiresourcescope"`, `config.toml:7: refresh_scope has urn:opc:resource:multiresourcescope`},
		{`token = "ID"`, `config.toml:7: token must be access or id`},
		{`token = "idd"`, `config.toml:7: token must be access or id; did you mean "id"?`},
		{`redirect_url = "https://127.0.0.1:1/"`, `config.toml:7: redirect_url must begin with http://`},
		{`redirect_url = "http://192.168.0.1:1/"`, `config.toml:7: redirect_url must name this machine`},
		{`redirect_url = "http://localhost.evil.example:1/"`, `config.toml:7: redirect_url must name this machine`},
		{`redirect_url = "http://127.0.0.1/callback"`, `config.toml:7: redirect_url must name a port`},
		{`redirect_url = "http://[::1]/callback"`, `config.toml:7: redirect_url must name a port`},
		{`redirect_url = "http://127.0.0.1:8976"`, `config.toml:7: redirect_url must have a path`},
		{`redirect_url = "http://127.0.0.1:8976/a?b"`, `config.toml:7: redirect_url must have a plain path`},
		{`redirect_url = "http://ana@127.0.0.1:8976/"`, `config.toml:7: redirect_url is not right`},
		// The way to the domain and back.
		{`ca_file = 5`, `config.toml:7: ca_file must be a string in quotes, or a list of them`},
		{`ca_file = []`, `config.toml:7: ca_file is empty`},
		{"ca_file = [\n\"system\",\n\"\"]", `config.toml:9: ca_file has an empty name`},
		{`proxy = "https://p.example.com:1"`, `config.toml:7: proxy must be "none", "http://HOST:PORT" or "socks5://HOST:PORT"`},
		{`proxy = "p.example.com:3128"`, `config.toml:7: proxy must be "none"`},
		{`proxy = "http://p.example.com"`, `config.toml:7: proxy must name a port`},
		{`proxy = "http://ana:hunter2@p.example.com:3128"`, `config.toml:7: proxy has no user name or password`},
		{`proxy = "http://p.example.com:3128/x"`, `config.toml:7: proxy must be HOST:PORT and nothing more`},
		{`proxy = "socks5://p example.com:1080"`, `config.toml:7: proxy is not right`},
		{`listen = "0.0.0.0:8976"`, `config.toml:7: listen needs redirect_url`},
		{"redirect_url = \"http://127.0.0.1:1/\"\nlisten = \"8976\"", `config.toml:8: listen must be an IP address and a port`},
		{"redirect_url = \"http://127.0.0.1:1/\"\nlisten = \"container:8976\"", `config.toml:8: listen must be an IP address and a port`},
		{"redirect_url = \"http://127.0.0.1:1/\"\nlisten = \"0.0.0.0:0\"", `config.toml:8: listen must be an IP address and a port`},
		// Targets.
		{`targets = ["http://git.example.com"]`, `config.toml:7: targets: "http://git.example.com": it must begin with https://`},
		{"targets = [\n\"https://a.example.com\",\n\n\"https://ana:hunter2@git.example.com\"]", `config.toml:10: targets: "…@git.example.com": `},
		{`targets = ["https://git.example.com?a"]`, `config.toml:7: targets: "https://git.example.com?a": a target has no query`},
		{`targets = ["https://git.example.com/#a"]`, `config.toml:7: targets: `},
		{`targets = ["https://*.example.com"]`, `config.toml:7: targets: "https://*.example.com": there are no wildcards`},
		{`targets = ["https://git.example.com/%41"]`, `config.toml:7: targets: `},
		{`targets = ["https://"]`, `config.toml:7: targets: `},
		{`targets = [""]`, `config.toml:7: targets: `},
		{`targets = ["https://a.example.com", "https://A.example.com:443/"]`, `config.toml:7: targets: "https://a.example.com" is there twice`},
		{"[profiles.work.target.\"https://a.example.com\"]\nusername = \"ana\"", `config.toml:7: target: "https://a.example.com" is not in targets of profile "work"`},
		{"targets = [\"https://a.example.com\"]\n[profiles.work.target.\"https://a.example.com\"]\nscheme = \"Basic\"", `config.toml:9: scheme must be auto, basic or bearer; did you mean "basic"?`},
		{"targets = [\"https://a.example.com\"]\n[profiles.work.target.\"https://a.example.com\"]\nusername = \"a:b\"", `config.toml:9: username has a colon`},
		// The client and the user.
		{`client = {}`, `config.toml:7: profile "work" has a client without secret_file`},
		{`client = { audience = "x" }`, `config.toml:7: profile "work" has a client without secret_file`},
		{"[profiles.work.client]\nsecret_file = \"s\"\nsecret_env = \"S\"", `config.toml:9: secret_env is beside secret_file`},
		{"[profiles.work.client]\nkey_file = \"k\"\nkey_id = \"i\"\nsecret_command = [\"pass\"]", `config.toml:8: key_file is beside secret_command`},
		{"[profiles.work.client]\nkey_file = \"k\"", `config.toml:8: key_file needs key_id or cert_file`},
		{"[profiles.work.client]\nkey_file = \"k\"\nkey_id = \"i\"\ncert_file = \"c\"", `config.toml:10: cert_file is beside key_id`},
		{"[profiles.work.client]\nsecret_env = \"S\"\nkey_id = \"i\"", `config.toml:9: key_id needs key_file`},
		{"[profiles.work.client]\nsecret_env = \"S=1\"", `config.toml:8: secret_env must be the name of a variable`},
		{"[profiles.work.client]\nsecret_command = []", `config.toml:8: secret_command of client is empty`},
		{"[profiles.work.client]\nsecret_command = [\"bin/pass\"]", `config.toml:8: secret_command must begin with an absolute path`},
		{"[profiles.work.client]\nsecret_file = \"\"", `config.toml:8: secret_file of client is empty`},
		{"[profiles.work.user]\nkey_id = \"i\"", `config.toml:7: profile "work" has a user without subject`},
		{"[profiles.work.user]\nsubject = \"ana\"\nkey_id = \"i\"", `config.toml:9: key_id needs key_file`},
		{"[profiles.work.user]\nsubject = \"ana\"\nkey_file = \"k\"", `config.toml:9: key_file needs key_id or cert_file`},
		{"[profiles.work.client]\nkey_file = \"k\"\nkey_id = \"i\"\nsign_command = [\"sign\"]", `config.toml:10: sign_command is beside key_file: only one of `},
		{"[profiles.work.client]\nsign_agent = \"a.sock\"\nsign_command = [\"sign\"]\ncert_file = \"c\"", `config.toml:8: sign_agent is beside sign_command: only one of `},
		{"[profiles.work.client]\nsecret_env = \"S\"\nsign_agent = \"a.sock\"", `config.toml:9: sign_agent is beside secret_env: only one of `},
		{"[profiles.work.client]\nsign_command = []\ncert_file = \"c\"", `config.toml:8: sign_command of client is empty`},
		{"[profiles.work.client]\nsign_command = [\"\"]\ncert_file = \"c\"", `config.toml:8: sign_command is empty`},
		{"[profiles.work.client]\nsign_command = \"sign\"\ncert_file = \"c\"", `config.toml:8: sign_command must be a list of strings`},
		{"[profiles.work.client]\nsign_command = [\"bin/sign\"]\ncert_file = \"c\"", `config.toml:8: sign_command must begin with an absolute path`},
		{"[profiles.work.client]\nsign_command = [\"sign\"]", `config.toml:8: sign_command needs cert_file, which checks each signature`},
		{"[profiles.work.client]\nsign_agent = \"a.sock\"\nkey_id = \"i\"", `config.toml:8: sign_agent needs cert_file, which checks each signature`},
		{"[profiles.work.client]\nsign_agent = \"\"\ncert_file = \"c\"", `config.toml:8: sign_agent of client is empty`},
		{"[profiles.work.user]\nsubject = \"ana\"\nsign_agent = \"a.sock\"", `config.toml:9: sign_agent needs cert_file`},
		{"[profiles.work.user]\nsubject = \"ana\"\nkey_file = \"k\"\nsign_agent = \"a.sock\"", `config.toml:10: sign_agent is beside key_file: only one of key_file, sign_command and sign_agent`},
		{"[profiles.work.client]\nsign_command = [\"sign\"]\ncert_file = \"c\"\n[profiles.work.user]\nsubject = \"ana\"\nkey_file = \"k\"", `config.toml:12: key_file needs key_id or cert_file`},
		// Names of profiles.
		{"[profiles.\"\"]", `config.toml:7: a profile has no name`},
		{"[profiles.-x]", `config.toml:7: the name of profile "-x" begins with -`},
		{"[profiles.\"a\\u0000b\"]", `config.toml:7: the name of profile "a?b" has a character that can't be seen`},
		{"[profiles.\"a\\u202eb\"]", `config.toml:7: the name of profile "a?b" has a character that can't be seen`},
		{"[profiles.other]\ndomain = \"https://d.example.com\"", `config.toml:7: profile "other" has no client_id`},
	} {
		doc := above + c.doc
		_, err := load(t, doc)
		checkMistake(t, doc, err, c.want)
	}
}

func checkMistake(t *testing.T, doc string, err error, want string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("got %v, want %s\n%s", err, want, doc)
		return
	}
	if got := err.Error(); !strings.HasPrefix(got, want) || strings.Contains(got, "hunter2") {
		t.Errorf("got  %s\nwant %s\nof\n%s", got, want, doc)
	}
}

// These are mistakes of the first keys, so they need a profile of their own.
func TestMistakesOfWhatEveryProfileHas(t *testing.T) {
	for _, c := range []struct{ domain, client, login, scope, more, want string }{
		{"http://d.example.com", "c", "device", "s", "", "config.toml:2: domain must begin with https://"},
		{"https://ana@d.example.com", "c", "device", "s", "", "config.toml:2: domain must be https://HOST"},
		{"https://d.example.com/oauth2", "c", "device", "s", "", "config.toml:2: domain must be https://HOST"},
		{"https://d.example.com?q", "c", "device", "s", "", "config.toml:2: domain must be https://HOST"},
		{"https://", "c", "device", "s", "", "config.toml:2: domain is not right"},
		{"https://d.example.com:0443", "c", "device", "s", "", "config.toml:2: domain is not right"},
		{"https://d.example.com", "ü", "device", "s", "", "config.toml:3: client_id must be printable ASCII"},
		{"https://d.example.com", "c", "brwser", "s", "", `config.toml:4: login must be browser, device, assertion, client_credentials, password, refresh_token or oci; did you mean "browser"?`},
		{"https://d.example.com", "c", "browser", "s", "", `config.toml:4: login = "browser" needs redirect_url`},
		{"https://d.example.com", "c", "assertion", "s", "", `config.toml:4: login = "assertion" needs a client`},
		{"https://d.example.com", "c", "client_credentials", "s", "", `config.toml:4: login = "client_credentials" needs a client`},
		{"https://d.example.com", "c", "password", "s", "username = \"ana\"", `config.toml:4: login = "password" needs a client`},
		{"https://d.example.com", "c", "password", "s", "client.secret_env = \"S\"", `config.toml:4: login = "password" needs username`},
		{"https://d.example.com", "c", "assertion", "s", "client.secret_env = \"S\"", `config.toml:4: login = "assertion" needs a user with a subject`},
		{"https://d.example.com", "c", "assertion", "s", "client.secret_env = \"S\"\nuser.subject = \"ana\"", `config.toml:4: login = "assertion" needs a key_file`},
		{"https://d.example.com", "c", "device", "a urn:opc:resource:multiresourcescope", "", "config.toml:5: scope has urn:opc:resource:multiresourcescope"},
		{"https://d.example.com", "c", "device", "urn:opc:resource:consumer::all", "expiry = \"8h\"", "config.toml:6: expiry can't be used with the scope urn:opc:resource:consumer::all"},
		{"https://d.example.com", "c", "device", "s urn:opc:resource:expiry=60", "expiry = \"8h\"", "config.toml:6: expiry is in scope too"},
		{"https://d.example.com", "c", "device", "profile", "token = \"id\"", `config.toml:6: token = "id" needs openid in scope`},
		{"https://d.example.com", "c", "client_credentials", "openid", "token = \"id\"\nclient.secret_env = \"S\"", `config.toml:6: token = "id" can't be had with login = "client_credentials"`},
	} {
		doc := "[profiles.work]\n"
		for _, kv := range [][2]string{{"domain", c.domain}, {"client_id", c.client}, {"login", c.login}, {"scope", c.scope}} {
			doc += kv[0] + " = " + strconv.Quote(kv[1]) + "\n"
		}
		doc += c.more + "\n"
		_, err := load(t, doc)
		checkMistake(t, doc, err, c.want)
	}
}

func TestMistakesBetweenProfiles(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{profile("a", `targets = ["https://git.example.com"]`, `[profiles.a.target."https://git.example.com"]`, `tools = ["gitt"]`), `config.toml:8: tools: "gitt" is not one of git, docker, podman, kubectl, go, cargo, terraform, tofu, pip, pnpm, bazel, kubelet, google; did you mean "git"?`},
		{profile("a", `targets = ["https://git.example.com"]`, `[profiles.a.target."https://git.example.com"]`, `tools = []`), `config.toml:8: tools is empty`},
		{profile("a", `targets = ["https://git.example.com"]`, `[profiles.a.target."https://git.example.com"]`, `min_ttl = "ten"`), `config.toml:8: min_ttl must be a duration`},
		{"default = \"b\"\n" + profile("a"), `config.toml:1: default is no profile; known: a`},
		{"default = \"b\"\n", `config.toml:1: default is no profile: there is none`},
	} {
		_, err := load(t, c.doc)
		checkMistake(t, c.doc, err, c.want)
	}
}
