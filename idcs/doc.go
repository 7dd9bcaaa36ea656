// Package idcs is the OAuth client of an Oracle identity domain (IDCS): it hands a grant to the
// domain and judges the answer. It opens no file, reads no environment and stores nothing between two
// calls; tokens are stored by package cache, which contains no OAuth.
//
//	c := idcs.Client{Domain: domain, ClientID: id, Proof: idcs.Secret{Secret: s}, Now: time.Now, Rand: rand.Reader}
//	answer, err := c.Token(ctx, idcs.RefreshToken{Token: old}, sending)
//
// # Grants
//
// A Grant is a value: RefreshToken, UserAssertion, ClientCredentials, Password, AuthorizationCode,
// DeviceCode, SignedExchange. A Proof is a value too: Secret (HTTP Basic), Assertion (a JWT signed with
// RS256), Signature (of an OCI principal) or Public. Each grant works with each proof that the domain
// allows for it; SignedExchange and Signature only with each other.
//
// One call is one connection and one request. The domain accepts a refresh token once: its answer
// kills the one that was sent, and if that answer is lost, or if the request goes out a second time
// unnoticed, a person has to log in again. So a call has two halves. The first connects (name, proxy,
// TCP, TLS) and may fail or be interrupted freely. Between them Client.Token calls the caller's
// function sending, which can still say no. The second writes the request, once, on the connection
// that is up, and reads the answer; nothing there repeats, redirects or keeps anything. An endless
// answer ends at 64 KiB of headers and 1 MiB of body, unpacked; a slow one ends with the context.
//
// An answer that arrived must not cost the login either. TLS vouches for its bytes, and a JSON object
// shows its own end: so it is taken when its object is there, without waiting for the connection's end,
// and whatever is wrong around it (a length, a chunk, a header line, a compression that wasn't requested,
// bytes behind it, a comma) is passed over. A successor that arrived whole is kept, also out of an object
// that was cut behind it. What may end a login, invalid_grant, counts only in an object that is whole.
//
// # Errors
//
// Every error of a call is an *Error with two judgements. Its Class says what to do about it:
// errors.Is(err, ErrSpent) and so on. Its Outcome says how far the request came: NotSent, Lost,
// Doubtful, Settled. While it is Lost or Doubtful nobody knows whether a refresh token was used, and
// only presenting it again tells.
//
//	invalid_grant, any 4xx                            what it means for the grant: ErrSpent for a
//	                                                  refresh token, ErrLoginFailed for code, device
//	                                                  code and password, else ErrConfiguration
//	invalid_client, unauthorized_client, invalid_scope,
//	invalid_request, unsupported_grant_type,
//	invalid_redirect_uri in a 4xx; bare 401 and 403;
//	any 3xx; a certificate that isn't trusted         ErrConfiguration
//	429, 503                                          ErrLater, Settled
//	408, other 5xx, other 4xx without `error`,
//	2xx that is no JSON object                        ErrLater, Doubtful
//	no connection                                     ErrLater, NotSent
//	written, and cut before a successor was whole     ErrInDoubt, Lost
//	2xx that can't be used, any other `error`         ErrFailure
//
// The first row that fits counts; 503 and other 5xx are judged by their status alone. A refresh token
// in a 2xx that is otherwise useless is handed back in Error.Refresh, since the old one is dead.
// Nothing in an Error repeats a request: no URL, no token, no password of a proxy.
//
// # What Oracle does not say
//
// Found on no page, and therefore not relied on:
//   - whether a refresh token may be used again shortly after a lost answer, and whether a second use
//     ends the login: hence the two halves above;
//   - what error_description says in which case ("The token has already been consumed." is also said
//     of expired ones): it is shown and never decides;
//   - whether the answer to a refresh holds an ID token or a scope: both may be missing;
//   - whether Retry-After is sent with 429: it is obeyed if it is;
//   - how much clock difference an assertion may have: the Date of each answer tells the difference
//     (Clock), and Client.Skew corrects it;
//   - which `aud` an assertion needs: one page says always DefaultAudience, another the domain's URL;
//   - whether %xx in a Basic pair is decoded: ids and secrets that Oracle makes don't need it;
//   - how a device login answers while it waits: RFC 8628's words are expected on any 4xx.
//
// The discovery document isn't used: its issuer is on another host, and it has no device endpoint.
package idcs
