package cache

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

const testKey = Key("0123456789abcdef0123456789abcdef")

// folder is a cache folder of its own, whose System may be changed.
func folder(t *testing.T) *Dir {
	t.Helper()
	d, err := Open(filepath.Join(t.TempDir(), "cache"), NewSystem())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.ensure(); err != nil {
		t.Fatal(err)
	}
	return d
}

// again opens the folder as the next process would.
func (d *Dir) again(t *testing.T) *Dir {
	t.Helper()
	n, err := Open(d.path, d.sys)
	if err != nil {
		t.Fatal(err)
	}
	n.waits = d.waits
	return n
}

// plant stores a token of this machine that was obtained age ago and lives for life.
func plant(t *testing.T, d *Dir, access, refresh string, age, life time.Duration) Token {
	t.Helper()
	tok := Token{Access: text(access), Refresh: secret.New(refresh), machine: d.sys.Machine()}
	tok.AccessStamp = Stamp{Obtained: d.sys.Now().Add(-age).Truncate(time.Millisecond), Life: life}
	if boot := d.sys.Boot() - age; boot > 0 {
		tok.AccessStamp.Boot = boot.Truncate(time.Millisecond)
	}
	plantToken(t, d, tok)
	return tok
}

func plantToken(t *testing.T, d *Dir, tok Token) {
	t.Helper()
	plantBytes(t, d.file(d.name(testKey), ".json"), d.whole(t, tok))
}

func plantBytes(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// stored is what the disk holds.
func stored(t *testing.T, d *Dir) Token {
	t.Helper()
	tok, err := d.read(d.name(testKey))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// leftovers lists the files of the folder that an idle key has no reason for.
func leftovers(t *testing.T, d *Dir) []string {
	t.Helper()
	entries, err := os.ReadDir(d.path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		switch e.Name() {
		case "CACHEDIR.TAG", string(testKey) + ".json", string(testKey) + ".lock", string(testKey) + ".state":
		case "seal.json", "seal.lock":
			if d.sys.Seal == "" {
				names = append(names, e.Name())
			}
		default:
			names = append(names, e.Name())
		}
	}
	return names
}

func text(s string) secret.Text { return secret.New(s) }

// grantOf is a grant that asks nobody else.
func grantOf(ask func() (Token, *Refusal)) func(context.Context, Attempt) (Token, *Refusal) {
	return func(_ context.Context, a Attempt) (Token, *Refusal) {
		if err := a.Sending(); err != nil {
			return Token{}, &Refusal{Err: err}
		}
		return ask()
	}
}
