// Package idcstest is a strict identity domain in the test's own process, over TLS on a loopback port.
//
// A lenient fake proves nothing: what it doesn't refuse, no test has shown to be right. So this one
// refuses whatever a real domain may refuse, remembers everything that arrived, and watches rules that
// no single answer can show, such as "nobody presents a used refresh token again". It shares no code
// with package idcs and doesn't import it: it is a second reading of the same pages of Oracle and RFCs.
// It is never loosened to let a test pass.
//
//	s := idcstest.Start(t, idcstest.Options{})
//	// s.URL(), s.CAFile, s.SecretClient, s.User: all that a profile needs
//	s.Script(idcstest.Fault{On: idcstest.Refresh, Nth: 1, At: idcstest.AfterRotation, Do: idcstest.Reset})
//
// Start closes the domain at the end of the test, fails the test for every broken invariant, and
// prints the journal if the test failed. The demo uses New and Close; neither needs package testing.
//
// # The domain
//
// It has the endpoints token, authorize, device and revoke below /oauth2/v1, discovery, and the
// signing keys (401 until ConfigureClientAccess opens them). Three clients (Basic, client assertion, public), the user
// ana@example.com, and the scopes of Options.Scopes exist from the start; ids and secrets are random.
// Tokens are RS256 JWTs of a chosen size; Verify is what the other servers of a test check them with,
// Refuse makes them say no, and CA signs their certificates.
//
// Refresh tokens belong to a family (a login) and have a generation. What happens to one that was used
// is Options.Rotation. The wire never says why a token was refused, the journal does.
//
// # What is refused
//
// Unknown, missing, empty and doubled parameters, unescaped forms, other methods and media types, a
// query, a cookie, a wrong Host; Basic beside an assertion or client_id, Basic that isn't form-encoded;
// assertions that aren't RS256 by a registered key, name it by neither kid nor x5t, have another iss,
// sub or aud (one string), live longer than an hour, are off by more than 5 s, or bring a jti again;
// any redirect_uri but a registered one, byte by byte; PKCE other than S256; a code used twice, tried
// with a wrong verifier, or over three minutes old; a device request without response_type.
//
// # Invariants
//
//   - I1: a refresh token is presented again only if the domain hadn't replaced it, or its answer
//     wasn't delivered whole, by script or by a kill that the test declared (Killed).
//   - I2: never two presentations of one family at a time, killed ones apart.
//   - I3: no presentation after a delivered invalid_grant, unless the test declares a refresh that a
//     person typed (TypedRefresh).
//   - I4: no jti twice.
//   - I5: no credential in clear text: nothing without TLS, nothing under another Host, nothing in a
//     URL.
//
// Delivered means that the last byte was written while the client was there. A client that dies after
// that is the test's to declare; one that leaves before it without a script, a gate or a declared kill
// has given up for reasons of its own, and that is no excuse to come again.
//
// # Faults and gates
//
// Connections and requests pass named points. Script makes the n-th request of a kind go wrong at one:
// delayed, stalled, reset, cut, answered otherwise, in a thousand pieces, without an end, or whole in a
// wrapping that no client asked for (Wrap). A Gate stops the next one there until the test lets go, so
// that a signal hits an exact place without a sleep; Await waits for a counter. Both kinds of help are
// noted on the presentation, for I1.
//
// # What it isn't
//
// No source says whether a real domain checks jti, how long an assertion may live, or what it answers
// while a device login is pending; where Oracle is silent, the strictest reading was taken. There are no
// consent pages, no groups, no multi-factor login, and no limits of rate but those a test scripts.
package idcstest
