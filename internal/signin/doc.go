// Package signin has the logins that need a person: in a browser, on another device, with a typed password. Browser and
// Password return a grant that the caller sends; Device also sends it. Nothing is stored here, and no lock is held while
// a person types.
//
// # Browser
//
// The authorization code grant with PKCE (RFC 6749 4.1, RFC 7636), as RFC 8252 describes it for native apps: a listener
// on the loopback address that is registered with the domain, and the person's own browser. The steps, and their
// reasons:
//
//  1. Listen before the browser opens: another program that listens there would get the code.
//  2. Open the domain's page, or print its address. State, nonce and verifier are 32 random bytes each.
//  3. Accept one answer. It must have the redirect's own Host (against DNS rebinding), its path and our state. Anything
//     else gets 400 and changes nothing; after the answer, connections are closed without a reply.
//  4. Send the browser to the same path without a query. So the code is neither in the address bar nor in the history,
//     without a script. Chromium stores the chain of redirects in its own files, but the code is spent then, and was of
//     no use without the verifier.
//  5. Visit.Close shows a page with the result of the login, which is known only then. The page has text only: no token,
//     no code, no script, nothing from elsewhere.
//
// A browser on another machine can't reach the listener. The person then pastes the address at which it ended, which is
// checked as in step 3.
//
// # Device
//
// RFC 8628, in the domain's own variant (see idcs.Client.Device). A failed request (no connection, 429, 5xx) doesn't end
// the login before the code expires, since the person may be half-way through.
//
// # What a person sees
//
// Everything is printed to stderr. What the person needs (an address, a code) is always printed; the line that shows
// that the program is waiting is printed only on a terminal, and removed at the end.
package signin
