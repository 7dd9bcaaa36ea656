//go:build linux

package git

import (
	"fmt"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
)

// superproject makes a repository whose submodules are the URLs, and a clone of it without them.
func superproject(h *hosting, urls ...string) {
	h.Helper()
	h.Types("git init --quiet super")
	commit, _, _ := strings.Cut(h.Types("git ls-remote $URL refs/heads/main"), "\t")
	var modules strings.Builder
	for i, url := range urls {
		fmt.Fprintf(&modules, "[submodule \"m%d\"]\n\tpath = m%[1]d\n\turl = %s\n", i, url)
		h.Types(fmt.Sprintf("git -C super update-index --add --cacheinfo 160000,%s,m%d", commit, i))
	}
	h.Put("super/.gitmodules", modules.String())
	h.Types("git -C super add .gitmodules && git -C super commit --quiet --message=modules && git clone --quiet super clone")
}

// Submodules are cloned side by side with an expired token, for one refresh.
func TestSubmodules(t *testing.T) {
	need.Tool(t, "sed") // git submodule is a script that runs it
	each(t, func(h *hosting, _ string) {
		superproject(h, strings.Fields(strings.Repeat(h.server.URL+servers.Repository+" ", 16))...)
		h.Expire()
		before := h.server.Tally()
		h.Pays(1, "git -C clone submodule update --quiet --init --jobs 8")
		if tally := h.server.Tally(); tally.Accepted < before.Accepted+16 || tally.Refused > 0 {
			h.Errorf("the server saw %+v, then %+v", before, tally)
		}
		if n := strings.Count(h.Types("git -C clone submodule status"), "(heads/main)"); n != 16 {
			h.Errorf("%d of 16 submodules are there", n)
		}
		h.Chain()
	})
}

// A submodule's URL is a stranger's. One that looks like the target gets nothing, even if git is set to
// ask us for every host there is; the others get in.
func TestSubmoduleOfAStranger(t *testing.T) {
	need.Tool(t, "sed")
	each(t, func(h *hosting, _ string) {
		h.Types("git config --global credential.helper idcs")
		thief := h.thief()
		_, port, _ := strings.Cut(thief.Host, ":")
		_, own, _ := strings.Cut(h.server.Host, ":")
		superproject(h,
			h.server.URL+servers.Repository,
			thief.URL+servers.Repository,                                             // another port
			"https://localhost:"+port+servers.Repository,                             // another name
			"https://localhost:"+own+servers.Repository,                              // another name of the same server
			"https://"+h.server.Host+"@"+thief.Host+servers.Repository,               // a name and a password in front
			"https://127.0.0.1%3a"+own+"%2f@localhost:"+port+servers.Repository,      // the same, better hidden
			"https://127.0.0.1%0ahost="+h.server.Host+"@"+thief.Host+"/team/app.git", // CVE-2020-5260
		)
		before := h.server.Tally()
		h.Fails("git -C clone submodule update --init --jobs 8")
		if n := strings.Count(h.Types("git -C clone submodule status"), "(heads/main)"); n != 1 {
			h.Errorf("%d submodules are there, want the target's", n)
		}
		if tally := h.server.Tally(); tally.Accepted == before.Accepted || tally.Refused > 0 {
			h.Errorf("the server saw %+v, then %+v", before, tally)
		}
	})
}
