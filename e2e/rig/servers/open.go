package servers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// Open runs Debian's docker-registry with Image in it, as one that asks nobody anything: who may come to it is
// for the server to say whose handler this becomes. name is what its clients call it.
func Open(ctx context.Context, name, folder string) (images http.Handler, stop func() error, err error) {
	registry, err := runRegistry(ctx, folder, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	at := &url.URL{Scheme: "http", Host: "127.0.0.1:" + registry.port}
	to := &http.Transport{DisableKeepAlives: true} // nothing is left of it
	if err := fill(name, transport(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = at.Scheme, at.Host
		return to.RoundTrip(r)
	})); err != nil {
		return nil, nil, errors.Join(err, registry.close())
	}
	return &httputil.ReverseProxy{Transport: to, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(at)
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}}, registry.close, nil
}
