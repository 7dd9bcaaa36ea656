//go:build linux

package cluster

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A Server is an API server and its etcd.
type Server struct {
	URL string // https://127.0.0.1:PORT

	t      testing.TB
	folder string // of both processes
	ca     *idcstest.CA
	admin  string // the token of an administrator who has nothing to do with the domain
	port   int
	http   *http.Client
	review []string // the options of Review
	etcd   *process
	api    *process
	words  []string // what api was started with
}

// etcd listens on a socket of this name in the folder: to be reached by path, it has to look like a
// host and a port.
const etcd = "unix://localhost:1"

// New starts etcd and chooses the API server's address. ca signs its certificate. Without the two
// programs the test is skipped.
func New(t testing.TB, ca *idcstest.CA) *Server {
	t.Helper()
	need.Tool(t, "kube-apiserver")
	s := &Server{t: t, folder: t.TempDir(), ca: ca, admin: rand.Text(), port: reserve(t)}
	s.URL = fmt.Sprintf("https://127.0.0.1:%d", s.port)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}}
	t.Cleanup(transport.CloseIdleConnections)
	s.http = &http.Client{Transport: transport}

	const peers = "unix://localhost:2"
	s.etcd = run(t, s.folder, need.Tool(t, "etcd"), "--data-dir", "data",
		"--unsafe-no-fsync", // what it stores ends with the test, and a slow disk would end an election of seconds
		"--listen-client-urls", etcd, "--advertise-client-urls", etcd,
		"--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "default="+peers)
	return s
}

// Beside makes room for another API server on the same etcd, with the same administrator.
func (s *Server) Beside() *Server {
	s.t.Helper()
	other := *s
	other.port = reserve(s.t)
	other.URL = fmt.Sprintf("https://127.0.0.1:%d", other.port)
	return &other
}

// Serve starts the API server with an AuthenticationConfiguration, YAML, and returns when it is ready. To
// its issuers it adds the authority of the test, which a real domain's certificate needs not: nothing
// else is changed.
func (s *Server) Serve(authentication string) {
	s.t.Helper()
	authentication = s.trusting(authentication)
	cert, err := s.ca.Issue("127.0.0.1", "localhost")
	if err != nil {
		s.t.Fatal(err)
	}
	// Its own tokens, for service accounts, which nobody asks for here.
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	name := func(what string) string { return fmt.Sprintf("%d-%s", s.port, what) }
	s.write(name("cert.pem"), block("CERTIFICATE", cert.Certificate[0]))
	s.write(name("key.pem"), private(s.t, cert.PrivateKey))
	s.write(name("own.pem"), private(s.t, own))
	s.write(name("authentication.yaml"), authentication)
	s.write(name("tokens.csv"), s.admin+",admin,1,system:masters\n")
	s.words = append([]string{
		"--etcd-servers", etcd,
		"--bind-address", "127.0.0.1", "--secure-port", fmt.Sprint(s.port), "--permit-port-sharing",
		"--tls-cert-file", name("cert.pem"), "--tls-private-key-file", name("key.pem"),
		"--authentication-config", name("authentication.yaml"), "--token-auth-file", name("tokens.csv"),
		"--authorization-mode", "RBAC",
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", name("own.pem"), "--service-account-signing-key-file", name("own.pem"),
		// It looks for an address that others reach, and there may be none here.
		"--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none"}, s.review...)
	s.Start()
}

// Start starts the API server, again after Halt, and returns when it is ready.
func (s *Server) Start() {
	s.t.Helper()
	s.api = run(s.t, s.folder, need.Tool(s.t, "kube-apiserver"), s.words...)
	s.await(s.api)
}

// Halt kills the API server. What it has stored stays.
func (s *Server) Halt() {
	_ = s.api.cmd.Process.Kill()
	<-s.api.done
}

// StopEtcd stops etcd as SIGSTOP does: nothing is read or written until goOn is called.
func (s *Server) StopEtcd() (goOn func()) {
	s.t.Helper()
	if err := s.etcd.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
	return func() { _ = s.etcd.cmd.Process.Signal(syscall.SIGCONT) }
}

// Certificate is one of the authority that signs the API server's, for a proxy in front of it.
func (s *Server) Certificate() tls.Certificate {
	s.t.Helper()
	c, err := s.ca.Issue("127.0.0.1")
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// Pool is whom its clients trust.
func (s *Server) Pool() *x509.CertPool { return s.ca.Pool() }

func (s *Server) trusting(authentication string) string {
	s.t.Helper()
	var document struct {
		APIVersion string           `json:"apiVersion"`
		Kind       string           `json:"kind"`
		JWT        []map[string]any `json:"jwt"`
	}
	if err := yaml.UnmarshalStrict([]byte(authentication), &document); err != nil {
		s.t.Fatal(err)
	}
	for _, j := range document.JWT {
		j["issuer"].(map[string]any)["certificateAuthority"] = string(s.ca.PEM())
	}
	out, err := yaml.Marshal(document)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(out)
}

// patience is how long the API server may take to be ready. On a machine with nothing else to do it
// takes two seconds.
const patience = 2 * time.Minute

func (s *Server) await(p *process) {
	s.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end) && !p.ended(); time.Sleep(50 * time.Millisecond) {
		resp, err := s.do(http.MethodGet, "/readyz", "")
		if err != nil {
			continue // not listening yet
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	s.t.Fatal("kube-apiserver doesn't get ready")
}

// Create creates an object, JSON, as the administrator. path is the collection's.
func (s *Server) Create(path, object string) {
	s.t.Helper()
	resp, err := s.do(http.MethodPost, path, object)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		said, _ := io.ReadAll(resp.Body)
		s.t.Fatalf("%s: %s\n%s", path, resp.Status, said)
	}
}

func (s *Server) do(method, path, body string) (*http.Response, error) {
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.admin)
	req.Header.Set("Content-Type", "application/json")
	return s.http.Do(req)
}

func (s *Server) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func private(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
