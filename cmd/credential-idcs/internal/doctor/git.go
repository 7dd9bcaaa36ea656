package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A gitHelper is a credential helper that git would run for a URL.
type gitHelper struct {
	value  string // "idcs", "idcs --profile work", "/path/to/it", "!shell"
	origin string // "file:/home/ana/.gitconfig"
}

// git finds the helpers of each place, in git's order: of all files, includes and variables, from the
// weakest to the strongest, whatever the width of their URLs. An empty value drops what came before.
// git hands a token that worked to all helpers of the URL (credential.c, credential_approve), and the
// first one that knows an answer gives it, so each of the others is one too many.
//
// It reports whether git is set to ask us for any of them.
func (d *Doctor) git(ctx context.Context, path string, places []*place) (used bool) {
	list, status := d.output(ctx, path, "config", "--null", "--list", "--show-origin")
	if status != 0 {
		d.warn("git can't read its configuration", "git config --list --show-origin")
		return false
	}
	settings := readGit(list)
	for _, t := range places {
		url := t.String()
		helpers := settings.helpers(url)
		if !slices.ContainsFunc(helpers, gitHelper.ours) {
			continue
		}
		t.set, used = true, true
		alone := true
		for _, h := range helpers {
			if !h.ours() {
				alone = false
				d.warn("git hands the token of "+url+" to another helper too: "+h.name()+", set in "+h.from(), setUp("git", t.profile))
			}
		}
		if name := settings.last(url, "username"); name != "" && name != t.Username {
			alone = false
			d.problem("git asks for "+url+" with the user name "+text.Clean(name)+", and profile "+t.profile.Name+" answers as "+t.Username,
				"git config --global --unset-all "+text.Word("credential."+url+".username"))
		}
		if t.Path() != "" && !isTrue(settings.last(url, "usehttppath")) {
			alone = false
			d.problem("git doesn't tell us the path of "+url+", so nothing is answered",
				"git config --global "+text.Word("credential."+url+".useHttpPath")+" true")
		}
		if verify, _ := d.output(ctx, path, "config", "--type=bool", "--get-urlmatch", "http.sslVerify", url); strings.TrimSpace(verify) == "false" {
			alone = false
			d.warn("git doesn't check who answers at "+url+" (http.sslVerify), so anybody may get the token",
				"git config --global "+text.Word("http."+url+".sslVerify")+" true")
		}
		if alone {
			d.ok("git asks us, and nobody else, for " + url)
		}
	}
	if _, set := d.variable("GIT_SSL_NO_VERIFY"); used && set { // whatever it holds
		d.warn("the variable GIT_SSL_NO_VERIFY is set: git doesn't check who answers, so anybody may get the token", "unset GIT_SSL_NO_VERIFY")
	}
	return used
}

func (h gitHelper) ours() bool {
	program, _, _ := strings.Cut(h.value, " ")
	return program == "idcs" || strings.HasSuffix(program, "/git-credential-idcs")
}

// name is the helper for a message: of a shell line only its kind, it may hold a password.
func (h gitHelper) name() string {
	if strings.HasPrefix(h.value, "!") {
		return "a shell command"
	}
	program, _, _ := strings.Cut(h.value, " ")
	return text.Clean(program)
}

func (h gitHelper) from() string {
	return text.Clean(strings.TrimPrefix(h.origin, "file:"))
}

// gitSettings are the lines of all configuration files, in git's order.
type gitSettings []struct{ origin, pattern, name, value string }

// readGit reads `git config --null --list --show-origin`: ORIGIN NUL KEY [LF VALUE] NUL. Of a key
// section and variable are lower case already.
func readGit(list string) gitSettings {
	var all gitSettings
	fields := strings.Split(list, "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		key, value, hasValue := strings.Cut(fields[i+1], "\n")
		rest, ok := strings.CutPrefix(key, "credential.")
		if !ok {
			continue
		}
		if !hasValue {
			value = "true" // git's short form of a switch
		}
		pattern, name := "", rest
		if dot := strings.LastIndexByte(rest, '.'); dot >= 0 {
			pattern, name = rest[:dot], rest[dot+1:]
		}
		all = append(all, struct{ origin, pattern, name, value string }{fields[i], pattern, name, value})
	}
	return all
}

func (s gitSettings) helpers(url string) []gitHelper {
	var list []gitHelper
	for _, e := range s {
		switch {
		case e.name != "helper" || !matches(e.pattern, url):
		case e.value == "":
			list = nil
		default:
			list = append(list, gitHelper{e.value, e.origin})
		}
	}
	return list
}

// last is the value of a setting that counts once; of several the last, as in credential.c.
func (s gitSettings) last(url, name string) (value string) {
	for _, e := range s {
		if e.name == name && matches(e.pattern, url) {
			value = e.value
		}
	}
	return value
}

// isTrue reads a switch as git-config(1) does.
func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}
