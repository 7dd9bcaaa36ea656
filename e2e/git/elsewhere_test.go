//go:build linux

package git

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
)

// redirect runs a server that sends everybody on to another, with or without asking for a token first.
func (h *hosting) redirect(to string, guarded bool) (url string) {
	h.Helper()
	cert, err := h.Domain.CA.Issue("127.0.0.1")
	if err != nil {
		h.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, token, _ := r.BasicAuth(); guarded && token == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, to+r.URL.RequestURI(), http.StatusFound)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.StartTLS()
	h.Cleanup(s.Close)
	return s.URL
}

// G21: After a redirect git asks for the new host, and that decides: a target gets the token, whoever led
// there, and another host nothing, though the first one is a target.
func TestRedirects(t *testing.T) {
	each(t, func(h *hosting, scheme string) {
		thief := h.thief()
		toThief, toThiefFirstAsking := h.redirect(thief.URL, false), h.redirect(thief.URL, true)
		h.Profile.Targets = append(h.Profile.Targets, toThief, toThiefFirstAsking)
		if scheme == "Bearer" {
			// After a redirect git doesn't tell what the server offers, and "auto" is Basic then.
			h.Profile.Tables = fmt.Sprintf("[profiles.work.target.%q]\nscheme = \"bearer\"\n", h.server.URL)
		}
		h.Configure()
		h.Types("git config --global credential.helper idcs") // for every host there is
		h.Fails("git ls-remote " + toThief + servers.Repository)
		h.Fails("git ls-remote " + toThiefFirstAsking + servers.Repository)

		h.Types("git ls-remote " + h.redirect(h.server.URL, false) + servers.Repository)
		if tally := h.server.Tally(); tally.Accepted == 0 || tally.Scheme != scheme {
			h.Errorf("the server saw %+v", tally)
		}
	})
}

// A user name in the URL is as good as another, unless the configuration sets one: then it is ours, or
// nobody of ours.
func TestUserNameInTheURL(t *testing.T) {
	each(t, func(h *hosting, _ string) {
		h.Types("git ls-remote https://oauth2@$HOST" + servers.Repository)
		h.Types("git ls-remote https://eve@$HOST" + servers.Repository)
		h.Profile.Tables += fmt.Sprintf("[profiles.work.target.%q]\nusername = \"ana\"\n", h.server.URL)
		h.Configure()
		h.Types("git ls-remote https://ana@$HOST" + servers.Repository)
		before := h.server.Tally()
		h.Fails("git ls-remote https://eve@$HOST" + servers.Repository)
		if tally := h.server.Tally(); tally.Accepted+tally.Refused != before.Accepted+before.Refused {
			h.Errorf("the server saw %+v, then %+v", before, tally)
		}
	})
}

// A target with a path is for what lies below it, and `configure git` makes git say the path.
func TestTargetWithAPath(t *testing.T) {
	each(t, func(h *hosting, _ string) {
		for _, folder := range []string{"other", "teams"} {
			if err := os.CopyFS(filepath.Join(h.folder, folder), os.DirFS(filepath.Join(h.folder, "team"))); err != nil {
				h.Fatal(err)
			}
		}
		h.Types("git ls-remote https://$HOST/teams/app.git && credential-idcs unconfigure git")
		h.Profile.Targets = []string{h.server.URL + "/team"}
		h.Configure()
		h.Types("credential-idcs configure git")
		h.Expire()
		h.Pays(1, "git clone --quiet $URL clone")
		h.commit(10)
		h.Types("git -C clone push --quiet")
		before := h.server.Tally()
		h.Fails("git ls-remote https://$HOST/other/app.git")
		h.Fails("git ls-remote https://$HOST/teams/app.git")
		h.Fails("git ls-remote https://$HOST/team/../other/app.git")
		if tally := h.server.Tally(); tally.Accepted > before.Accepted || tally.Refused > 0 {
			h.Errorf("the server saw %+v, then %+v", before, tally)
		}

		// Without the setting git says no path, and the person is told.
		h.Types(`git config --global --unset "credential.https://$HOST/team.useHttpPath"`)
		h.Fails("git ls-remote $URL", "credential-idcs: "+h.server.URL+"/team is a target, but git sends paths only with credential.useHttpPath",
			"\tgit config --global credential."+h.server.URL+"/team.useHttpPath true\n")
	})
}
