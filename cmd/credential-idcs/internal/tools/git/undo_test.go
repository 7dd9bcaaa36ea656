package git

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/google/go-cmp/cmp"
)

// G26.
func TestGitTwiceIsOnceAndUndoGivesTheBytesBack(t *testing.T) {
	tooltest.NeedTool(t, "git")
	for name, before := range map[string]string{
		"missing":           "",
		"empty":             "",
		"a blank line":      "\n",
		"settings":          "[user]\n\tname = Ana # me\n\n; the end\n",
		"no last newline":   "[user]\n\tname = Ana",
		"crlf":              "[user]\r\n\tname = Ana\r\n",
		"other helper":      "[credential]\n\thelper = store\n",
		"its own section":   "[credential \"https://git.example.com\"]\n\tusername = ana\n[user]\n\tname = Ana\n",
		"an own helper":     "[credential \"https://git.example.com\"]\n\thelper = store\n",
		"several, one ours": "[credential \"https://git.example.com\"]\n\thelper = \n\thelper = store\n# kept\n",
		"include":           "[include]\n\tpath = missing\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			if name != "missing" {
				h.Write(".gitconfig", before)
			}
			in := tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com", "https://git.example.com/team")}
			p, err := (Tool{}).Plan(t.Context(), h.Env, in)
			tooltest.Must(t, p, err)
			once := h.Read(".gitconfig")
			if !strings.HasPrefix(once, before) {
				t.Errorf("what was there changed:\n%s", once)
			}
			if got := h.Git("config", "--global", "--get-all", "credential.https://git.example.com.helper"); !strings.HasSuffix(got, "\nidcs\n") {
				t.Errorf("helpers: got %q", got)
			}
			if p, err = (Tool{}).Plan(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("second time: %v, changes %q", err, p.Diff())
			}
			p, err = (Tool{}).Undo(t.Context(), h.Env, in)
			tooltest.Must(t, p, err)
			if name == "missing" {
				if edit.Exists(h.Path(".gitconfig")) {
					t.Errorf("undone, it is still there: %q", h.Read(".gitconfig"))
				}
			} else if diff := cmp.Diff(before, h.Read(".gitconfig")); diff != "" {
				t.Errorf("undone (-before +after):\n%s", diff)
			}
			if p, err = (Tool{}).Undo(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("undone twice: %v, changes %q", err, p.Diff())
			}
		})
	}
}

func TestUndoGitLeavesAHelperThatAPersonSet(t *testing.T) {
	tooltest.NeedTool(t, "git")
	h := tooltest.New(t)
	const mine = "[credential \"https://git.example.com\"]\n\thelper = idcs\n"
	h.Write(".gitconfig", mine)
	p, err := (Tool{}).Undo(t.Context(), h.Env, tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com")})
	tooltest.Must(t, p, err)
	if got := h.Read(".gitconfig"); got != mine {
		t.Errorf("got %q", got)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Message, "not written by configure") {
		t.Errorf("notes: %+v", p.Notes)
	}
}

// What runs us in a person's own words is ours, and stays.
func TestGitLeavesAPersonsOwnWords(t *testing.T) {
	tooltest.NeedTool(t, "git")
	for _, value := range []string{"!/opt/bin/credential-idcs git", "!/opt/bin/credential-idcs --profile work git", "idcs --profile work", "/opt/my\\\\ bin/git-credential-idcs --profile work"} {
		h := tooltest.New(t)
		before := "[credential \"https://git.example.com\"]\n\thelper =\n\thelper = " + value + "\n"
		h.Write(".gitconfig", before)
		in := tool.Request{Targets: tooltest.Targets(t, "https://git.example.com")}
		p, err := (Tool{}).Plan(t.Context(), h.Env, in)
		if err != nil || len(p.Changes) != 0 {
			t.Errorf("%s: %v\n%s", value, err, p.Diff())
		}
		p, err = (Tool{}).Undo(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		if h.Read(".gitconfig") != before || len(p.Notes) != 1 {
			t.Errorf("%s: undone: %q, %+v", value, h.Read(".gitconfig"), p.Notes)
		}
	}
}

// Without a profile everything of ours goes, that of former targets too.
func TestUndoGitWithoutAProfile(t *testing.T) {
	tooltest.NeedTool(t, "git")
	h := tooltest.New(t)
	const before = "[user]\n\tname = Ana\n"
	h.Write(".gitconfig", before)
	in := tool.Request{Targets: tooltest.Targets(t, "https://git.example.com", "https://old.example.com/team")}
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	now := tooltest.Targets(t, "https://git.example.com")
	if report := tooltest.Look(t, h, Tool{}, now); !strings.Contains(report, "still has credential-idcs for https://old.example.com/team, which is not a target for git") {
		t.Errorf("doctor:\n%s", report)
	}
	p, err = (Tool{}).Undo(t.Context(), h.Env, tool.Request{All: true})
	tooltest.Must(t, p, err)
	if got := h.Read(".gitconfig"); got != before {
		t.Errorf("got %q", got)
	}
}
