package servers

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Image is the one image that a registry starts with.
const (
	Image      = repository + ":" + tag
	repository = "team/app"
	tag        = "1"
)

// Registry runs an image registry that has Image and takes no other. It asks for Basic whose password is
// an access token, as a registry does that has no token server of its own.
//
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
func Registry(cert tls.Certificate, check Check) (*Server, error) {
	image, err := newImage()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/{$}", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, object{}) })
	for _, reference := range []string{tag, digest(image.manifest)} {
		mux.HandleFunc("GET /v2/"+repository+"/manifests/"+reference, serve(manifestType, image.manifest))
	}
	for _, blob := range [][]byte{image.config, image.layer} {
		mux.HandleFunc("GET /v2/"+repository+"/blobs/"+digest(blob), serve("application/octet-stream", blob))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusNotFound, object{"errors": []object{{"code": "NAME_UNKNOWN", "message": "there is no " + r.URL.Path}}})
	})
	return start(cert, check, face{
		offers: []string{`Basic realm="registry"`},
		// docker 20.10 takes no answer without it for a registry's, not a 401 either.
		header: http.Header{"Docker-Distribution-Api-Version": {"registry/2.0"}},
	}, mux)
}

// serve answers GET and HEAD with what was asked for by its digest or its tag.
func serve(kind string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Docker-Content-Digest", digest(content))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// fill pushes Image to the registry at host.
func fill(host string, past http.RoundTripper) error {
	image, err := newImage()
	if err != nil {
		return err
	}
	base := "https://" + host + "/v2/" + repository
	for _, blob := range [][]byte{image.config, image.layer} {
		at, err := send(past, http.MethodPost, base+"/blobs/uploads/", "", nil, http.StatusAccepted)
		if err != nil {
			return err
		}
		query := at.Query()
		query.Set("digest", digest(blob))
		at.RawQuery = query.Encode()
		if _, err := send(past, http.MethodPut, at.String(), "application/octet-stream", blob, http.StatusCreated); err != nil {
			return err
		}
	}
	_, err = send(past, http.MethodPut, base+"/manifests/"+tag, manifestType, image.manifest, http.StatusCreated)
	return err
}

// send makes one request, and returns where the answer leads.
func send(past http.RoundTripper, method, to, kind string, body []byte, want int) (*url.URL, error) {
	r, err := http.NewRequest(method, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w, err := past.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	if w.StatusCode != want {
		said, _ := io.ReadAll(io.LimitReader(w.Body, 1<<10))
		return nil, fmt.Errorf("%s %s: %s: %s", method, to, w.Status, strings.TrimSpace(string(said)))
	}
	return r.URL.Parse(w.Header.Get("Location"))
}
