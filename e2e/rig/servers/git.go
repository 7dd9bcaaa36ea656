package servers

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Repository is the path of the one repository that a git server starts with.
const Repository = "/team/app.git"

// history is that repository's content, as git fast-import reads it. Names and times are fixed, so
// the commit has the same hash everywhere.
const history = `commit refs/heads/main
committer Ana <ana@example.com> 1790000000 +0000
data 14
start the app

M 100644 inline README.md
data 34
Only those with a token read this.

done
`

// maxBody is how large a request that comes in chunks may be, which has to be read whole.
const maxBody = 64 << 20

// Git runs a git server: `git http-backend` over the repositories below folder, which it fills with
// Repository. offers says which schemes it asks for, in this order ("Bearer", "Basic"); none means
// both. It clones, fetches and takes pushes, of large files too.
//
// https://git-scm.com/docs/git-http-backend
func Git(ctx context.Context, cert tls.Certificate, check Check, folder string, offers ...string) (*Server, error) {
	backend, err := httpBackend(ctx)
	if err != nil {
		return nil, err
	}
	if err := makeRepository(ctx, filepath.Join(folder, filepath.FromSlash(Repository))); err != nil {
		return nil, err
	}
	if len(offers) == 0 {
		offers = []string{"Bearer", "Basic"}
	}
	var challenges []string
	for _, o := range offers {
		challenges = append(challenges, o+` realm="git"`)
	}
	program := &cgi.Handler{
		Path: backend,
		Env: append(isolated(folder),
			"GIT_PROJECT_ROOT="+folder,
			"GIT_HTTP_EXPORT_ALL=1",
		),
		Logger: log.New(io.Discard, "", 0),
		Stderr: io.Discard,
	}
	return start(cert, check, face{offers: challenges}, largeFiles(wholeBody(program)))
}

// httpBackend finds the program. It isn't on PATH: it lies among git's own commands.
func httpBackend(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "git", "--exec-path").Output()
	if err != nil {
		return "", fmt.Errorf("git --exec-path: %w", err)
	}
	path, err := exec.LookPath(filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"))
	if err != nil {
		return "", fmt.Errorf("this git has no http-backend: %w", err)
	}
	return path, nil
}

// makeRepository makes a bare repository that takes pushes, and imports history into it.
func makeRepository(ctx context.Context, path string) error {
	steps := []struct {
		stdin string
		args  []string
	}{
		{"", []string{"init", "--quiet", "--bare", "--initial-branch=main", path}},
		{"", []string{"-C", path, "config", "http.receivepack", "true"}},
		{history, []string{"-C", path, "fast-import", "--quiet", "--done"}},
	}
	for _, s := range steps {
		cmd := exec.CommandContext(ctx, "git", s.args...)
		cmd.Env = append(isolated(filepath.Dir(path)), "PATH="+os.Getenv("PATH"))
		cmd.Stdin = strings.NewReader(s.stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w\n%s", s.args[0], err, out)
		}
	}
	return nil
}

// isolated keeps the configuration of the machine and of its user away from the server's git.
func isolated(home string) []string {
	return []string{"HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull}
}

// wholeBody gives a request a known length: git sends a push above http.postBuffer in chunks, which
// CGI has no way to say.
func wholeBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength >= 0 {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
		r.TransferEncoding = nil
		next.ServeHTTP(w, r)
	})
}
