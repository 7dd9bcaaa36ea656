package git

import "strings"

// git can run get again after a 401, so that a token which expires during a long command (a push with a slow hook, an
// upload of git-lfs) needs only a refresh, and the command succeeds. A git that can do so has the capability state: 2.46
// and later.
//
// From http.c: if a helper's answer has continue=1, a 401 clears the secrets but not state[], and git runs get again;
// without it, git runs erase and gives up. git makes three attempts: one without a credential, one with the first answer,
// one with the second. So the second answer must not have continue=1, or the third 401 would end it without an erase.
//
// The second call is answered as any other: an expired token is refreshed, another one is answered again, without a forced
// refresh. The reason is git-lfs 3.6: it stores the last state[] and wwwauth[] for all of its later requests
// (lfsapi/auth.go, credContext), so about every second get of a push has both though no token was refused, and looks
// exactly like git's after a 401. A token that hasn't expired and is refused ends in an erase, and git's next command gets
// another one.
//
// Seen with 2.47.3 and git-lfs 3.6.1, over ls-remote, clone, fetch, a push above 1 MiB, each also with
// http.proactiveAuth, by Basic and by Bearer. (The probe before a push in chunks never has a Bearer header.)

// statePrefix begins our own state[]: the helper's name, and the version of what follows, the Fingerprint of the token in
// the answer. The Fingerprint is for people who read a trace; any state[] of ours means that this is the second call.
const statePrefix = "idcs:1:"

// hasState reports whether git, or git-lfs, sent our state[], so that this isn't the first call. Two of them count as
// none: at least one isn't ours.
func (r *request) hasState() bool {
	ours := 0
	for _, s := range r.states {
		if strings.HasPrefix(s, "idcs:") {
			ours++
		}
	}
	return ours == 1
}

// negotiates reports whether a server offers a scheme for which git may use one of its attempts. Then none is left to
// end in an erase.
func (r *request) negotiates() bool { return r.offers("negotiate") || r.offers("ntlm") }
