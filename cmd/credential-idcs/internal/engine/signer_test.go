package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// byCommand is byKey with a command that signs: a script of sh, which finds the key and the log beside it.
func (b *bench) byCommand(script string) string {
	b.t.Helper()
	b.write("sign", []byte("#!/bin/sh\ncd \"${0%/*}\" || exit\necho signed >>log\n"+script+"\n"), 0o700)
	return strings.Replace(b.byKey(), "key_file = \"client-key.pem\"\n",
		fmt.Sprintf("sign_command = [%q]\ncert_file = \"client-cert.pem\"\n", filepath.Join(b.dir, "sign")), 1)
}

const openssl = "openssl dgst -sha256 -sign client-key.pem"

// What signs elsewhere is as good as a key, whatever it prints the signature as.
func TestACommandSigns(t *testing.T) {
	need.Tool(t, "openssl")
	for _, script := range []string{openssl, openssl + " | openssl base64", openssl + ` | openssl base64 -A | tr +/ -_ | tr -d =`} {
		b := newBench(t, idcstest.Options{})
		b.token(b.engine(b.byCommand(script)), cache.Query{})
		b.token(b.engine(b.byCommand(script)), cache.Query{Force: true})
		if n := len(strings.Fields(b.read("log"))); n != 3 { // client and user, then client
			t.Errorf("%s: %d signatures, want 3", script, n)
		}
	}
	b := newBench(t, idcstest.Options{}) // by the certificate itself
	b.token(b.engine(strings.Replace(b.byCommand(openssl), fmt.Sprintf("key_id = %q\n", b.key.Alias), "", 1)), cache.Query{})
}

// H3: A signer that is wrong, old or hostile costs nothing: no request, no pause, a line that names it.
func TestAWrongSignerCanOnlyRefuse(t *testing.T) {
	need.Tool(t, "openssl")
	for name, tt := range map[string]struct{ script, want string }{
		"SHA-1":        {"openssl dgst -sha1 -sign client-key.pem", " gave 256 bytes that are no signature (RS256) by cert_file's key"},
		"SHA-512":      {"openssl dgst -sha512 -sign client-key.pem", " gave 256 bytes that are no signature"},
		"another text": {"echo x | " + openssl, " gave 256 bytes that are no signature"},
		"another key":  {"openssl genrsa 2048 >other 2>/dev/null; openssl dgst -sha256 -sign other", " gave 256 bytes that are no signature"},
		"cut":          {openssl + " | head -c 255", " gave 255 bytes that are no signature"},
		"long":         {openssl + "; echo", " gave 257 bytes, and a signature by cert_file's key has 256"},
		"garbage":      {"echo 'Enter PIN:'", " gave 11 bytes that are no signature"},
		"nothing":      {"true", " gave no signature"},
		"fails":        {"echo 'the card is locked' >&2; exit 3", " failed: the card is locked"},
		"says more":    {"printf 'the card\\nis locked\\n\\n' >&2; exit 3", " failed: the card; is locked"},
		"fails mutely": {"exit 3", " failed: exit status 3"},
		"floods":       {"head -c 1000000 /dev/zero | tr '\\0' y", " gave 49152 bytes, and a signature"},
		"hangs":        {"sleep 60", " took longer than 3s"},
		"drips":        {"while :; do printf x; sleep 0.2; done", " took longer than 3s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, idcstest.Options{})
			for range 2 {
				begun := time.Now()
				_, err := b.engine(b.byCommand(tt.script)).Token(context.Background(), cache.Query{})
				f, ok := errors.AsType[*cache.Failure](err)
				if !ok || f.Class != call.Configured || !strings.HasPrefix(f.Text, "sign_command "+filepath.Join(b.dir, "sign")+tt.want) {
					t.Fatalf("got %v, want %q", err, tt.want)
				}
				if d := time.Since(begun); d > 3*3500*time.Millisecond {
					t.Errorf("took %v", d)
				}
			}
			if n := len(strings.Fields(b.read("log"))); n != 2 {
				t.Errorf("signed %d times, want 2: there is no pause", n)
			}
			if c := b.domain.Counts(); c.Connections != 0 {
				t.Errorf("%d connections", c.Connections)
			}
			b.token(b.engine(b.byCommand(openssl)), cache.Query{}) // mended, it works at once
		})
	}
}

// An agent that isn't there names itself, and nothing is sent.
func TestAnAgentThatIsntThere(t *testing.T) {
	b := newBench(t, idcstest.Options{})
	lines := strings.Replace(b.byKey(), "key_file = \"client-key.pem\"\n", "sign_agent = \"agent.sock\"\ncert_file = \"client-cert.pem\"\n", 1)
	_, err := b.engine(lines).Token(context.Background(), cache.Query{})
	f, ok := errors.AsType[*cache.Failure](err)
	if !ok || f.Class != call.Configured || !strings.HasPrefix(f.Text, "sign_agent agent.sock can't be found: ") || b.domain.Counts().Connections != 0 {
		t.Errorf("got %v", err)
	}
}

func (b *bench) read(name string) string {
	b.t.Helper()
	content, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(content)
}
