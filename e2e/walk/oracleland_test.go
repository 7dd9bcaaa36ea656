//go:build linux

package walk

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// idcsName is the domain as the pages show it.
var idcsName = regexp.MustCompile(`https://idcs-[0-9a-f]+\.identity\.oraclecloud\.com`)

// oracleLand is the land of docs/oracle.md: Oracle's names lead to a strict double, whose registry is
// Debian's docker-registry with an image, and whose cluster takes OKE tokens alone.
func oracleLand(t *testing.T) (*land, *ocitest.Server) {
	t.Helper()
	for _, tool := range []string{"docker", "kubectl", "docker-registry", "skopeo", "crane"} {
		need.Tool(t, tool)
	}
	l := newLand(t, ashburn, frankfurt, authHost, okeHost)
	o, err := ocitest.New(ocitest.Options{
		Authority: l.ca, Hosts: []string{frankfurt}, Metadata: metadataIP, Pod: "127.0.0.1:12250", Registry: l.images(),
	})
	l.must(err)
	l.Cleanup(func() {
		if err := o.Close(); err != nil {
			l.Error(err)
		}
		if l.Failed() {
			l.Logf("refused: %q", o.Refusals())
		}
	})
	services, metadata := o.Addresses()
	for i := range 3 {
		l.serve(i, "443", services)
	}
	l.must(address(metadataIP))
	l.front(metadataIP+":80", metadata)
	cert, err := l.ca.Issue(okeHost)
	l.must(err)
	api, err := servers.API(cert, func(token string) (string, error) { return o.VerifyCluster(token, okeCluster, "us-ashburn-1") })
	l.must(err)
	l.Cleanup(func() { _ = api.Close() })
	l.serve(3, "6443", api.Host)
	l.must(os.Mkdir(filepath.Join(home, ".oci"), 0o700))
	return l, o
}

// images is a registry that asks nobody anything: who may come to it is the double's to say.
func (l *land) images() http.Handler {
	l.Helper()
	images, stop, err := servers.Open(l.Context(), ashburn, l.TempDir())
	l.must(err)
	l.Cleanup(func() {
		if err := stop(); err != nil {
			l.Error(err)
		}
	})
	return images
}

// address gives lo another address, of this machine's own network namespace.
func address(ip string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo:1")
	if err != nil {
		return err
	}
	if err := request.SetInet4Addr(net.ParseIP(ip).To4()); err != nil {
		return err
	}
	return unix.IoctlIfreq(fd, unix.SIOCSIFADDR, request)
}

// oci puts a tool of that name on PATH, which demands the words that it gets. It does nothing: what it
// would have done, the test has.
func (l *land) oci(words string) {
	l.Helper()
	path := filepath.Join(home, ".local", "bin", "oci")
	l.must(os.MkdirAll(filepath.Dir(path), 0o755))
	l.must(os.WriteFile(path, []byte("#!/bin/sh\n[ \"$*\" = '"+words+"' ] || { echo \"oci $*\" >&2; exit 1; }\n"), 0o755))
}

// seed pushes an image with the credentials that are set up.
func (l *land) seed(image string) {
	l.Helper()
	l.must(os.MkdirAll(filepath.Join(home, "empty"), 0o755))
	l.run("tar -cf layer.tar -C empty . && crane append --new_layer layer.tar --new_tag "+image, "")
}
