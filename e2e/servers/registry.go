package servers

import (
	"archive/tar"
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"strconv"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image is the one image that a registry starts with.
const Image = "team/app:1"

// Registry runs an image registry in memory with Image in it. It asks for Basic whose password is an
// access token, as a registry does that has no token server of its own.
//
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
func Registry(cert tls.Certificate, check Check) (*Server, error) {
	store := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s, err := start(cert, check, face{
		offers: []string{`Basic realm="registry"`},
		// docker 20.10 takes no answer without it for a registry's, not a 401 either.
		header: http.Header{"Docker-Distribution-Api-Version": {"registry/2.0"}},
	}, store)
	if err != nil {
		return nil, err
	}
	if err := fill(s.Host, inside{store}); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// fill puts Image into a registry, past its guard. Its bytes are fixed, so its digest is the same
// everywhere.
func fill(host string, past http.RoundTripper) error {
	content, err := layer("README", "Only those with a token pull this.\n")
	if err != nil {
		return err
	}
	image, err := mutate.AppendLayers(empty.Image, static.NewLayer(content, types.DockerUncompressedLayer))
	if err != nil {
		return err
	}
	ref, err := name.ParseReference(host + "/" + Image)
	if err != nil {
		return err
	}
	return remote.Write(ref, image, remote.WithTransport(past))
}

// layer is a file system with one file in it. It isn't compressed: what a compressor writes may
// change with its version, and the digest with it.
func layer(name, content string) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, content); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

// inside is a transport that calls a handler in this process.
type inside struct{ handler http.Handler }

func (t inside) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody // a handler may always read
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, r)
	return &http.Response{
		StatusCode:    w.status,
		Status:        strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}, nil
}

// A recorder is a ResponseWriter that keeps the answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }
