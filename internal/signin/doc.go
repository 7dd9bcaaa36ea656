// Package signin holds the logins that need a person: in a browser, on another device, with a typed
// password. It ends where a grant can be sent (Browser, Password) or has been answered (Device), and
// stores nothing: what comes of it is the cache's, and no lock is held while a person thinks.
//
// # Browser
//
// The authorization code grant with PKCE (RFC 6749 4.1, RFC 7636), as RFC 8252 has it for programs
// on a desk: a listener on the loopback address that is registered with the domain, and the person's
// own browser. The steps, and what each is good for:
//
//  1. Listen, before the browser opens: a port that somebody else holds would get the code.
//  2. Open the domain's page, or print its address. State, nonce and verifier are 32 random bytes each.
//  3. Take one answer. It must come under the redirect's own Host, so that a page of a stranger whose
//     name points to 127.0.0.1 isn't heard, at its path, and with our state. Everything else gets 400
//     and changes nothing; from the answer on, everything else is hung up on.
//  4. Send the browser to the same path without a query. The code stood in the address; behind a
//     redirect it is neither in the address bar nor in the list of visited pages, and no script was
//     needed for that. Chromium does keep the chain of redirects in its own files; the code there is
//     spent, and was of no use without the verifier.
//  5. Visit.Close ends it with a page that says what really happened, since only then it is known.
//     The page holds nothing but words: no token, no code, no script, nothing from elsewhere.
//
// Where the browser runs on another machine it can't reach the listener. The person then pastes the
// address at which it ended, and step 3 judges that in the same way.
//
// # Device
//
// RFC 8628, in the domain's own dialect (see idcs.Client.Device). Trouble on the way (no connection,
// 429, 5xx) doesn't end it before the code does, since the person may be half-way through.
//
// # What a person sees
//
// Everything goes to stderr. What must be known to go on (an address, a code) is printed wherever
// stderr leads; what only shows that the program is alive is printed on a terminal, on one line that
// is taken away at the end.
package signin
