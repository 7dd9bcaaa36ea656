package servers

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Distribution runs the registry that most others are made of, Debian's docker-registry 2.8, with its
// files below folder and Image in it. It sends who has no token of its own to a token server of ours, and
// that takes an access token which the Check accepts for any password. Both are known by the name host,
// which clients must find on this machine, at a port each. The Tally is the token server's. Without a
// Check that gives tokens to everybody, as public registries do, and counts nothing.
//
// https://distribution.github.io/distribution/spec/auth/token/
func Distribution(ctx context.Context, cert tls.Certificate, check Check, host, folder string) (*Server, error) {
	const service = "registry"
	tokens, err := newTokens(service)
	if err != nil {
		return nil, err
	}
	s, err := start(cert, check, face{offers: []string{`Basic realm="tokens"`}}, tokens)
	if err != nil {
		return nil, err
	}
	if check == nil {
		s.http.Handler = tokens
	}
	s.http.Handler = passwordForm(s.http.Handler)
	_, port, _ := strings.Cut(s.Host, ":")
	registry, err := startRegistry(ctx, cert, folder, map[string]any{
		"realm":          "https://" + host + ":" + port + "/token",
		"service":        service,
		"issuer":         service,
		"rootcertbundle": filepath.Join(folder, "tokens.pem"),
	}, tokens.certificate)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.also = registry.close
	s.Host = host + ":" + registry.port
	s.URL = "https://" + s.Host
	if err := fill(s.Host, registry.trusting(tokens, cert)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// trusting is a transport to the registry for whom the token server knows well.
func (p *process) trusting(t *tokens, cert tls.Certificate) http.RoundTripper {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(block("CERTIFICATE", cert.Certificate[0]))
	to := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool},
		DisableKeepAlives: true, // nothing is left of it
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+p.port)
		},
	}
	return transport(func(r *http.Request) (*http.Response, error) {
		name, _, _ := strings.Cut(Image, ":")
		token, err := t.sign("owner", []string{"repository:" + name + ":pull,push"})
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+token)
		return to.RoundTrip(r)
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// A process is the running docker-registry.
type process struct {
	cmd  *exec.Cmd
	port string
	read chan struct{} // closed when its log has ended
}

// listening is what the registry's log says when it is up.
var listening = regexp.MustCompile(`msg="listening on 127\.0\.0\.1:(\d+)(, tls)?"`)

// startRegistry writes the files of a registry that trusts the signer's tokens, and runs it on a free
// port.
func startRegistry(ctx context.Context, cert tls.Certificate, folder string, token map[string]any, signer []byte) (*process, error) {
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{
		"cert.pem":   block("CERTIFICATE", cert.Certificate[0]),
		"key.pem":    block("PRIVATE KEY", key),
		"tokens.pem": block("CERTIFICATE", signer),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return runRegistry(ctx, folder, map[string]any{
		"certificate": filepath.Join(folder, "cert.pem"),
		"key":         filepath.Join(folder, "key.pem"),
	}, map[string]any{"token": token})
}

// runRegistry runs one on a free port. Without tls it speaks http, without auth it asks nobody anything.
func runRegistry(ctx context.Context, folder string, tls, auth map[string]any) (*process, error) {
	server := map[string]any{
		"addr": "127.0.0.1:0",
		// Otherwise each start makes up a new one, which is fine for one process, and warns of it.
		"secret": "of one registry",
	}
	all := map[string]any{
		"version": "0.1",
		"log":     map[string]any{"accesslog": map[string]any{"disabled": true}},
		"storage": map[string]any{"filesystem": map[string]any{"rootdirectory": filepath.Join(folder, "images")}},
		"http":    server,
	}
	if tls != nil {
		server["tls"] = tls
	}
	if auth != nil {
		all["auth"] = auth
	}
	config, err := json.Marshal(all) // JSON is YAML, too
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, "config.yml"), config, 0o600); err != nil {
		return nil, err
	}
	p := &process{
		cmd:  exec.CommandContext(ctx, "docker-registry", "serve", filepath.Join(folder, "config.yml")),
		read: make(chan struct{}),
	}
	p.cmd.Env = []string{"HOME=" + folder}
	said, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	var log strings.Builder
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		fmt.Fprintln(&log, lines.Text())
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			p.port = found[1]
			break
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, said) // up to its end
		close(p.read)
	}()
	if p.port == "" {
		return nil, fmt.Errorf("docker-registry: %w\n%s", p.close(), log.String())
	}
	return p, nil
}

// close ends the registry. It has nothing to finish: clients wait for their answers.
func (p *process) close() error {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.read
	err := p.cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && !exit.Exited() {
		return nil // by our signal
	}
	return err
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
