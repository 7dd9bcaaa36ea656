// Package wire sends one request: it connects to a host, writes the request and reads the answer. It has TLS, proxies
// and HTTP/1.1, and nothing about tokens.
//
//	w := wire.Way{Who: "the domain", Roots: roots, Proxy: proxy, Connect: 10 * time.Second, Now: time.Now}
//	conn, err := w.Open(ctx, u)
//	defer conn.Close()
//	reply, err := conn.Exchange(ctx, request)
//
// After Open nothing has been sent, so the caller can still stop, or sign the date as it is then. Exchange writes once:
// nothing is sent again, redirected or cached. A connection can carry another request only if the first had Keep. An
// answer may have 64 KiB of headers and 1 MiB of body. A slow one ends with the context: with its cancellation, not its
// Deadline, so that a caller may count only the time in which its process really ran.
package wire
