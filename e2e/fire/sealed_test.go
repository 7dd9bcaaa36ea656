//go:build linux

package fire

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// H5: Kills at moments that nobody chose, with sealed tokens: afterwards no file below the home holds a token, however
// it is spelled, the next call works, and the first release, which knows no sealed files, says so and leaves all
// of them as they are.
func TestKilledAtRandomSealed(t *testing.T) {
	s := set(t, machine.Alone, idcstest.Options{Rotation: idcstest.StrictRevoke})
	before := s.olderProgram()
	s.seal()
	r := s.Do(machine.Refresh)
	takes := r.Took
	armed, newer := 0, 0
	for i := range repeat(t, 100) {
		if i%20 == 0 {
			r = s.Do(machine.Refresh)
			if r.Exit != 0 {
				t.Fatalf("%s", r)
			}
			takes = r.Took
		}
		p := s.Start(machine.Refresh)
		time.Sleep(time.Duration(rand.Int64N(int64(takes))))
		p.Kill()
		if s.Sending() == p.Pid() {
			armed++
		}
		s.hidden(i)
		if before != nil {
			newer += before(i)
		}
		if r := s.Do(machine.Token); r.Exit != 0 {
			t.Fatalf("after kill %d: %s", i, r)
		}
		s.Litter()
	}
	t.Logf("%d of them between sending and saving; the first release found a sealed file %d times", armed, newer)
	s.Chain()
	s.hidden(-1)
}

// hidden asserts that no file below the home has one of the newest secrets in it, raw, in hex or in base64; with -1
// none of all.
func (s *scene) hidden(kill int) {
	s.Helper()
	secrets := s.Domain.Secrets()
	if kill >= 0 {
		secrets = secrets[max(0, len(secrets)-12):]
	}
	var needles [][]byte
	for _, secret := range secrets {
		needles = append(needles, []byte(secret), []byte(hex.EncodeToString([]byte(secret))), []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))))
		for at := range 3 { // the digits at both ends depend on the neighbours
			text := strings.Repeat("x", at) + secret
			text = text[:len(text)-len(text)%3]
			for _, coding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				needles = append(needles, []byte(coding.EncodeToString([]byte(text))[[]int{0, 2, 3}[at]:]))
			}
		}
	}
	err := filepath.WalkDir(s.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, n := range needles {
			if bytes.Contains(b, n) {
				s.Errorf("after kill %d: %s holds a token", kill, path)
			}
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

// firstRelease is the commit of 0.1.0.
const firstRelease = "ed6b91d"

// olderProgram builds the first release and gives a call of it, with a configuration that it understands. The call
// asserts that nothing changes, and tells whether a sealed file was met: 1 or 0. Nil: the history doesn't reach
// back so far.
func (s *scene) olderProgram() func(kill int) int {
	s.Helper()
	if exec.Command("git", "cat-file", "-e", firstRelease+"^{commit}").Run() != nil {
		s.Log("the history doesn't reach back to " + firstRelease)
		return nil
	}
	source, program := s.TempDir(), filepath.Join(s.TempDir(), "credential-idcs")
	archive, err := exec.Command("git", "-C", "../..", "archive", "--format=zip", firstRelease).Output()
	if err != nil {
		s.Fatal(err)
	}
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		s.Fatal(err)
	}
	if err := os.CopyFS(source, files); err != nil {
		s.Fatal(err)
	}
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./cmd/credential-idcs")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		s.Fatalf("%v\n%s", err, out)
	}
	config, err := os.ReadFile(filepath.Join(s.Home, ".config/credential-idcs/config.toml")) // without seal
	if err != nil {
		s.Fatal(err)
	}
	s.Write("older.toml", string(config))
	return func(kill int) int {
		s.Helper()
		files := s.Snapshot()
		cmd := exec.Command(program, "token", "work")
		cmd.Env = append(slices.Clone(s.Env), "CREDENTIAL_IDCS_CONFIG="+filepath.Join(s.Home, ".config/credential-idcs/older.toml"))
		out, err := cmd.CombinedOutput()
		if s.Snapshot() != files {
			s.Errorf("after kill %d: the first release has changed a file", kill)
		}
		if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "written by a newer credential-idcs") {
			s.Errorf("after kill %d: the first release: %v, %s", kill, err, out)
			return 0
		}
		return 1
	}
}
