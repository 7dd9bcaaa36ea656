// Package wire is one request: it connects to a host, says one thing, and reads what comes back. It
// knows TLS, proxies and HTTP/1.1, and nothing of tokens.
//
//	w := wire.Way{Who: "the domain", Roots: roots, Proxy: proxy, Connect: 10 * time.Second, Now: time.Now}
//	conn, err := w.Open(ctx, u)
//	defer conn.Close()
//	reply, err := conn.Exchange(ctx, request)
//
// The two halves are apart because of what lies between them: after Open nothing has been sent, and the
// caller can still say no, or sign a date that is true. Exchange writes once; nothing repeats, redirects
// or keeps anything. A line whose request said Keep can carry another one. An endless answer ends at 64 KiB of headers and 1 MiB of body; a slow one ends with
// the context: with its cancellation, not its Deadline, so that a caller may count only the time in
// which its process really ran.
package wire
