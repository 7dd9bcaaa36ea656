package git

import (
	"context"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Look finds the helpers that git runs for each target, in git's order: of all files, includes and variables, from the
// weakest to the strongest, independent of their URLs. An empty value removes those before it. git gives a token that
// worked to all helpers of the URL (credential.c, credential_approve), and any of them may answer first, so there should be
// no other.
//
// A section for a part of a target (a path below it, a user name in the URL) counts for that part, and one in an includeIf
// file counts where its condition holds: both are checked, independent of the folder in which doctor runs.
func (Tool) Look(ctx context.Context, s *tool.Survey) {
	g := &gitFile{ctx: ctx, env: s.Env, git: s.Find("git")}
	here, everywhere, err := g.walkAll()
	if err != nil {
		s.Warn("git can't read its configuration", "git config --list --show-origin")
		return
	}
	used := false
	for _, t := range s.Places {
		now, _ := collect(here, whole(t.Target))
		ever, _ := collect(everywhere, whole(t.Target))
		if !now && !ever {
			continue
		}
		t.Set, used = true, true
		l := looker{s: s, g: g, t: t, said: map[string]bool{}}
		l.target(here)
		l.target(everywhere)
		l.transport(ctx)
		l.partsTransport(everywhere)
		if !l.wrong {
			s.OK("git uses only credential-idcs for " + t.Target.String())
		}
	}
	if used {
		secrets(s, everywhere)
		askpass(s, here)
	}
	if _, set := s.Lookup("GIT_SSL_NO_VERIFY"); used && set { // with any value
		s.Warn("the variable GIT_SSL_NO_VERIFY is set: git doesn't check who answers, so anybody may get the token", text.Unset("GIT_SSL_NO_VERIFY"))
	}
	g.former(s, everywhere)
	s.Name(gitHelper, "git", used)
}

// A looker checks one target.
type looker struct {
	s     *tool.Survey
	g     *gitFile
	t     *tool.Place
	said  map[string]bool
	wrong bool
	open  bool // git doesn't check the target's certificate
}

// report reports a finding, once.
func (l *looker) report(level tool.Level, text, command string) {
	l.wrong = l.wrong || level != tool.OK
	if !l.said[text] {
		l.said[text] = true
		l.s.Report(tool.Finding{Level: level, Text: text, Command: command})
	}
}

// target checks the entries of git's files.
func (l *looker) target(entries []entry) {
	t := l.t.Target
	if name, e := last(entries, whole(t), userKey); name != "" && l.t.Named && name != l.t.Username {
		l.report(tool.Error, "git asks for "+t.String()+" with the user name "+tool.Clean(name)+", and profile "+l.t.Profile+" answers as "+l.t.Username, unsetCommand(e))
	}
	if v, _ := last(entries, whole(t), pathKey); t.Path() != "" && !isTrue(v) {
		l.report(tool.Error, "git doesn't tell credential-idcs the path of "+t.String()+", so nothing is answered",
			"git config --global "+text.Word("credential."+t.String()+".useHttpPath")+" true")
	}
	for _, e := range entries {
		if e.key == "" && e.name == helperKey && whole(t).matches(e.url) && gone(e.value) {
			l.report(tool.Error, "git runs "+tool.Clean(unescape(e.value))+" for "+t.String()+", which isn't there", tool.SetUp("git", l.t.Profile))
		}
	}
	for _, part := range parts(entries, t) {
		l.part(entries, part)
	}
}

// part checks the helpers of the target, or of a part of it.
func (l *looker) part(entries []entry, p place) {
	ours, list := collect(entries, p)
	for _, e := range list {
		switch {
		case isOurHelper(e.value):
			l.t.NamesProfile = l.t.NamesProfile || tool.NamesProfile(e.value)
		case ours:
			command := tool.SetUp("git", l.t.Profile)
			if strings.HasPrefix(e.origin, variables) { // they come after all files
				command = unsetCommand(e)
			}
			l.report(tool.Warning, "git hands the token of "+p.String()+" to another helper too: "+shownHelper(e.value)+", set in "+where(e), command)
		default:
			l.report(tool.OK, "git uses another helper for "+p.String()+": "+shownHelper(e.value)+", set in "+where(e), "")
		}
	}
	if !ours && len(list) == 0 {
		if i := lastIndex(entries, func(e entry) bool { return e.key == "" && e.name == helperKey && e.value == "" && p.matches(e.url) }); i >= 0 {
			l.report(tool.Warning, "git uses no helper for "+p.String()+": an empty "+settingName(entries[i])+" in "+where(entries[i])+" removes all", unsetCommand(entries[i]))
		}
	}
}

// transport checks whether git checks the target's certificate.
func (l *looker) transport(ctx context.Context) {
	url := l.t.Target.String()
	verify, _ := l.s.Run(ctx, l.g.git, "config", "--type=bool", "--get-urlmatch", "http.sslVerify", url)
	if strings.TrimSpace(verify) == "false" {
		l.open = true
		l.report(tool.Warning, "git doesn't check who answers at "+url+" (http.sslVerify), so anybody may get the token",
			"git config --global "+text.Word("http."+url+".sslVerify")+" true")
	}
}

// partsTransport is transport for parts of the target, and for files that git reads only in other folders.
func (l *looker) partsTransport(entries []entry) {
	for _, e := range entries {
		address, ok := setting(e, "http", "sslverify")
		if !ok || isTrue(e.value) || address != "" && !touches(address, l.t.Target) {
			continue
		}
		p := whole(l.t.Target)
		if q, _ := parsePattern(address); len(q.path) > len(p.path) || q.user != "" {
			p.user, p.path = q.user, q.path
		}
		if p == whole(l.t.Target) && l.open || verified(entries, p) {
			continue // reported already, or another setting counts
		}
		l.report(tool.Warning, "git doesn't check who answers at "+p.String()+" (http.sslVerify in "+where(e)+"), so anybody may get the token", sslCommand(e, address))
	}
}

// verified reports whether git checks the certificate of a place. Of the settings that match it the one with the longest
// host counts, then with the longest path, then with a user name, then the last (urlmatch.c).
func verified(entries []entry, p place) bool {
	best, value := [3]int{-1}, "true"
	for _, e := range entries {
		address, ok := setting(e, "http", "sslverify")
		if !ok || address != "" && !p.matches(address) {
			continue
		}
		q, _ := parsePattern(address)
		score := [3]int{len(strings.ReplaceAll(q.hostPort, "*", "")), len(q.path), len(q.user)}
		if slices.Compare(score[:], best[:]) >= 0 {
			best, value = score, e.value
		}
	}
	return isTrue(value)
}

func sslCommand(e entry, address string) string {
	if file, ok := strings.CutPrefix(e.origin, "file:"); ok {
		key := "http.sslVerify"
		if address != "" {
			key = "http." + address + ".sslVerify"
		}
		return "git config --file " + text.Word(file) + " --unset-all " + text.Word(key)
	}
	return elsewhereCommand(e)
}

// setting is the URL of an entry that sets section.URL.name; empty: it is for all. ok: the entry sets it.
func setting(e entry, section, name string) (address string, ok bool) {
	rest, ok := strings.CutPrefix(e.key, section+".")
	if !ok {
		return "", false
	}
	if rest == name {
		return "", true
	}
	return strings.CutSuffix(rest, "."+name)
}

// askpass reports the program that git runs for a password if we have no answer, in git's order (git_prompt of prompt.c).
func askpass(s *tool.Survey, entries []entry) {
	if v := s.Get("GIT_ASKPASS"); v != "" {
		s.OK("git runs " + shownHelper(v) + " (the variable GIT_ASKPASS) where credential-idcs has no answer")
		return
	}
	if i := lastIndex(entries, func(e entry) bool { _, ok := setting(e, "core", "askpass"); return ok }); i >= 0 && entries[i].value != "" {
		s.OK("git runs " + shownHelper(entries[i].value) + " (core.askPass in " + where(entries[i]) + ") where credential-idcs has no answer")
		return
	}
	if v := s.Get("SSH_ASKPASS"); v != "" {
		s.OK("git runs " + shownHelper(v) + " (the variable SSH_ASKPASS) where credential-idcs has no answer")
	}
}

// secrets reports logins in git's configuration that are used instead of a helper, or beside it: headers, and tokens in
// URLs. Their values are not shown.
func secrets(s *tool.Survey, entries []entry) {
	at := func(address string) bool {
		rest, ok := strings.CutPrefix(address, "https://")
		if !ok {
			return false
		}
		host, _, _ := strings.Cut(rest, "/")
		host = strings.TrimSuffix(strings.ToLower(host[strings.LastIndexByte(host, '@')+1:]), ":443")
		return slices.ContainsFunc(s.Places, func(p *tool.Place) bool { return p.Set && p.Target.HostPort() == host })
	}
	for _, e := range entries {
		section, rest, _ := strings.Cut(e.key, ".")
		i := strings.LastIndexByte(rest, '.')
		address, name := "", rest
		if i >= 0 {
			address, name = rest[:i], rest[i+1:]
		}
		command := ""
		if file, ok := strings.CutPrefix(e.origin, "file:"); ok {
			command = "git config --file " + text.Word(file) + " --edit"
		} else {
			command = elsewhereCommand(e)
		}
		switch header, _, _ := strings.Cut(e.value, ":"); {
		case section == "http" && name == "extraheader" && strings.EqualFold(strings.TrimSpace(header), "authorization") && (address == "" || at(address)):
			s.Warn("git sends a login of its own in http.extraHeader, set in "+where(e)+", beside what credential-idcs answers", command)
		case section == "url" && (name == "insteadof" || name == "pushinsteadof") && at(address) && hasPassword(address):
			s.Warn("git puts a token into URLs (url.*.insteadOf in "+where(e)+"), and then runs no helper", command)
		case section == "remote" && (name == "url" || name == "pushurl") && at(e.value) && hasPassword(e.value):
			s.Warn("the URL of remote "+tool.Clean(address)+" holds a token, in "+where(e)+", and then git runs no helper", command)
		}
	}
}

// hasPassword reports whether a URL has user info with a password.
func hasPassword(address string) bool {
	rest := strings.TrimPrefix(address, "https://")
	host, _, _ := strings.Cut(rest, "/")
	i := strings.LastIndexByte(host, '@')
	return i >= 0 && strings.Contains(host[:i], ":")
}

// former reports the sections of ours for URLs that are no target any more.
func (g *gitFile) former(s *tool.Survey, entries []entry) {
	said := map[string]bool{}
	for _, e := range entries {
		if e.key != "" || e.url == "" || e.name != helperKey || !isOurHelper(e.value) || said[e.url] {
			continue
		}
		t, err := helpers.ParseTarget(e.url)
		if err != nil || slices.ContainsFunc(s.Known, func(k helpers.Target) bool { return t.Covers(k) || k.Covers(t) }) {
			continue
		}
		said[e.url] = true
		s.Warn(where(e)+" still has credential-idcs for "+tool.Clean(e.url)+", which is not a target for git", unsetCommand(e))
	}
}

// shownHelper is a helper for a message: its program, or "a shell command", which may have a password.
func shownHelper(value string) string {
	if strings.HasPrefix(value, "!") {
		return "a shell command"
	}
	program, _, _ := strings.Cut(value, " ")
	return tool.Clean(program)
}
