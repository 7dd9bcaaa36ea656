package git

import "strings"

// git is asked to come back after a 401, so that a token which died during a long command (a push with a
// slow hook, an upload of git-lfs) costs a refresh and not a failed command. git that can do so names
// the capability state: 2.46 and later.
//
// From http.c: if a helper's answer has continue=1, a 401 clears the secrets but not state[], and git asks
// again; without, git says erase and gives up. git makes three attempts: one without a credential, one
// with the first answer, one with the second. So the second answer must not have continue=1, or the third
// 401 would end it without an erase.
//
// The second call gets what any call gets: a token that died is refreshed, one that lives is answered
// again, without forcing a refresh. git-lfs 3.6 is why: it keeps the last state[] and wwwauth[] for
// all of its later requests (lfsapi/auth.go, credContext), so about every second get of a push has both
// though no token was refused, and looks like git's after a 401 to the letter. A token that lives and is
// refused all the same ends in an erase, and git's next command gets another one.
//
// Seen with 2.47.3 and git-lfs 3.6.1, over ls-remote, clone, fetch, a push above 1 MiB, each also with
// http.proactiveAuth, by Basic and by Bearer. (The probe before a push in chunks has no Bearer header at
// all, which nothing heals and nothing makes worse.)

// statePrefix begins our own state[]: the helper's name, and a version of what follows, which is the
// Fingerprint of the token that was answered. It is for people who read a trace; any state[] of ours says
// that this is the second call.
const statePrefix = "idcs:1:"

// hasState reports whether git, or git-lfs, has state of ours: this isn't the first call. Of two of ours
// at least one is a stranger's, so they count as none.
func (r *request) hasState() bool {
	ours := 0
	for _, s := range r.states {
		if strings.HasPrefix(s, "idcs:") {
			ours++
		}
	}
	return ours == 1
}

// negotiates reports whether a server offers a scheme on which git may spend one of its attempts by
// itself. Then there is none left to end in an erase.
func (r *request) negotiates() bool { return r.offers("negotiate") || r.offers("ntlm") }
