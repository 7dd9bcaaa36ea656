package git

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A section for a part of the target counts for that part, and an includeIf file wherever its condition
// holds: neither may get our token, nor cut us off, unseen.
func TestDoctorSeesNarrowerAndConditionalSections(t *testing.T) {
	tooltest.NeedTool(t, "git")
	for name, c := range map[string]struct{ config, work, want string }{
		"alone": {pair, "", "ok       git uses only credential-idcs for https://git.example.com\n"},
		"a narrower path": {pair + "[credential \"https://git.example.com/team\"]\n\thelper = store\n", "",
			"warning  git hands the token of https://git.example.com/team to another helper too: store, set in HOME/.gitconfig\n"},
		"a user in the URL": {pair + "[credential \"https://ana%40example.com@git.example.com\"]\n\thelper = store\n", "",
			"warning  git hands the token of https://ana@example.com@git.example.com to another helper too: store, set in HOME/.gitconfig\n"},
		"a narrower path, cut": {pair + "[credential \"https://git.example.com/team\"]\n\thelper =\n", "",
			"warning  git uses no helper for https://git.example.com/team: an empty credential.https://git.example.com/team.helper in HOME/.gitconfig removes all\n"},
		"a narrower path, another's": {pair + "[credential \"https://git.example.com/team\"]\n\thelper =\n\thelper = manager\n", "",
			"ok       git uses another helper for https://git.example.com/team: manager, set in HOME/.gitconfig\n"},
		"a condition": {pair + "[includeIf \"gitdir:~/work/\"]\n\tpath = work\n", "[credential]\n\thelper = store\n",
			"warning  git hands the token of https://git.example.com to another helper too: store, set in HOME/work\n"},
		"a condition, cut": {pair + "[includeIf \"gitdir:~/work/\"]\n\tpath = ~/work\n", "[credential \"https://git.example.com\"]\n\thelper =\n",
			"warning  git uses no helper for https://git.example.com: "},
		"ours under a condition": {"[includeIf \"gitdir:~/work/\"]\n\tpath = work\n", pair, "ok       git uses only credential-idcs for https://git.example.com\n"},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			h.Write(".gitconfig", c.config)
			h.Write("work", c.work)
			if report := tooltest.Look(t, h, Tool{}, tooltest.Targets(t, "https://git.example.com")); !strings.Contains(report, c.want) {
				t.Errorf("no %q in\n%s", c.want, report)
			}
		})
	}
}

// What variables set comes after all files: only without them is git right.
func TestDoctorNamesTheVariablesThatConfigureGit(t *testing.T) {
	tooltest.NeedTool(t, "git")
	for name, vars := range map[string][]string{
		"GIT_CONFIG_COUNT":      {"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=credential.https://git.example.com.helper", "GIT_CONFIG_VALUE_0=store"},
		"GIT_CONFIG_PARAMETERS": {"GIT_CONFIG_PARAMETERS='credential.helper=store'"}, // git -c, in an alias
	} {
		h := tooltest.New(t)
		h.Write(".gitconfig", pair)
		h.Env.Vars = append(h.Env.Vars, vars...)
		want := "warning  git hands the token of https://git.example.com to another helper too: store, set in " + name + "\n\t" + text.Unset(name) + "\n"
		if report := tooltest.Look(t, h, Tool{}, tooltest.Targets(t, "https://git.example.com")); !strings.Contains(report, want) {
			t.Errorf("no %q in\n%s", want, report)
		}
	}
}

// What goes before a helper, or around it, is named without what it holds.
func TestDoctorNamesLoginsInGitsConfiguration(t *testing.T) {
	tooltest.NeedTool(t, "git")
	h := tooltest.New(t)
	h.Write(".gitconfig", pair+"[http \"https://git.example.com/\"]\n\textraHeader = Authorization: Basic SECRET\n[url \"https://ana:SECRET@git.example.com/\"]\n\tinsteadOf = https://git.example.com/\n"+
		"[remote \"origin\"]\n\turl = https://x:SECRET@git.example.com/a.git\n[http \"https://other.example.com/\"]\n\textraHeader = Authorization: x\n[core]\n\taskPass = /opt/ask\n")
	report := tooltest.Look(t, h, Tool{}, tooltest.Targets(t, "https://git.example.com"))
	for _, want := range []string{"http.extraHeader, set in HOME/.gitconfig", "(url.*.insteadOf in HOME/.gitconfig)", "the URL of remote origin holds a token", "git runs /opt/ask (core.askPass"} {
		if strings.Count(report, want) != 1 {
			t.Errorf("no %q in\n%s", want, report)
		}
	}
	if strings.Contains(report, "SECRET") {
		t.Errorf("got\n%s", report)
	}
}

// A part of the target may be open where the target isn't, and so may be a file that git reads elsewhere.
func TestDoctorSeesEveryPlaceWithoutTLS(t *testing.T) {
	tooltest.NeedTool(t, "git")
	targets := tooltest.Targets(t, "https://git.example.com")
	for config, want := range map[string]string{
		"[http]\n\tsslVerify = false\n":                                                         "https://git.example.com (http.sslVerify)",
		"[http \"https://git.example.com\"]\n\tsslVerify = no\n":                                "https://git.example.com (http.sslVerify)",
		"[http \"https://*.example.com\"]\n\tsslVerify = 0\n":                                   "https://git.example.com (http.sslVerify)",
		"[http \"https://git.example.com/team\"]\n\tsslVerify = off\n":                          "https://git.example.com/team (http.sslVerify in HOME/.gitconfig)",
		"[http \"https://bob@git.example.com/\"]\n\tsslVerify = false\n":                        "https://bob@git.example.com (http.sslVerify in HOME/.gitconfig)",
		"[includeIf \"gitdir:/nowhere/\"]\n\tpath = more\n":                                     "https://git.example.com (http.sslVerify in HOME/more)",
		"[includeIf \"hasconfig:remote.*.url:x\"]\n\tpath = more\n":                             "https://git.example.com (http.sslVerify in HOME/more)",
		"[http]\n\tsslVerify = false\n[http \"https://git.example.com\"]\n\tsslVerify = true\n": "",
		"[http \"https://other.example.com\"]\n\tsslVerify = false\n":                           "",
		"[http \"http://git.example.com\"]\n\tsslVerify = false\n":                              "",
		"[http \"https://git.example.com/team\"]\n\tsslVerify\n":                                "",
	} {
		h := tooltest.New(t)
		h.Write("more", "[http]\n\tsslVerify = false\n")
		h.Write(".gitconfig", pair+config)
		report := tooltest.Look(t, h, Tool{}, targets)
		if n := strings.Count(report, "git doesn't check who answers at "); want == "" && n > 0 || want != "" && (n != 1 || !strings.Contains(report, want)) {
			t.Errorf("%s\n%s", config, report)
		}
	}
}
