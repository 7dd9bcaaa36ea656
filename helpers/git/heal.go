package git

import "strings"

// heals is whether git is asked to come back after a 401, so that a token which a server no
// longer takes costs a refresh and not a failed command. It is off, for the sake of git-lfs.
//
// git itself does it right. Seen with 2.47.3, over ls-remote, clone, fetch, a push above 1 MiB, each also
// with http.proactiveAuth, by Basic and by Bearer: it comes back with our state only after a 401, and
// then always with wwwauth[]; the command heals for one refresh, and a server that refuses everything
// sees two answers and one erase. (Its probe before a push in chunks has no Bearer header at all, which
// nothing heals and nothing makes worse.)
//
// git-lfs 3.6.1 doesn't. It keeps the last state[] and the last wwwauth[] for all of its later requests
// (lfsapi/auth.go, credContext), so about every second get of a push has both though no token was refused,
// and looks like git's after a 401 to the letter. Each would force a refresh of a good token. That it is
// a new `git credential fill` each time could be seen on Linux, from the process two generations up, which
// is more than the gain is worth: without this git's next command works, and git-lfs says erase and asks
// again by itself.
//
// How it works, from http.c: if a helper's answer has continue=1, a 401 clears the secrets but not
// state[], and git asks again; without, git says erase and gives up. git makes three attempts: one
// without a credential, one with the first answer, one with the second. So the second answer must
// not have continue=1, or the third 401 would end it without an erase.
const heals = false

// markPrefix begins our own state[]: the helper's name, and a version of what follows, which is the
// Fingerprint of the token that was answered.
const markPrefix = "idcs:1:"

// mark returns the fingerprint in our own state[], and whether there is one. It is a hint and no
// proof of a 401: git-lfs repeats it with later requests that met none. Another helper's values
// are ignored; of two of ours at least one is a stranger's, so they count as none.
func (r *request) mark() (fingerprint string, marked bool) {
	for _, s := range r.states {
		if !strings.HasPrefix(s, "idcs:") {
			continue
		}
		if marked {
			return "", false
		}
		fingerprint, _ = strings.CutPrefix(s, markPrefix)
		if fingerprint == s { // of another version
			fingerprint = ""
		}
		marked = true
	}
	return fingerprint, marked
}

// negotiates reports whether a server offers a scheme on which git may spend one of its attempts by
// itself. Then there is none left to end in an erase.
func (r *request) negotiates() bool { return r.offers("negotiate") || r.offers("ntlm") }
