package cache

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// The kernel's own keyring. Each key here is made for the test, and taken out again.
func TestTheKernelsKeyring(t *testing.T) {
	dir, move := clocked(t)
	dir.sys.Seal = "kernel"
	store := keyStore("kernel", 0, nil)
	_, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("a-secret", "r"), nil }))
	if sealed, ok := errors.AsType[*SealedError](err); ok && strings.Contains(sealed.Why, "not permitted") {
		need.Missing(t, "the kernel's keyring ("+err.Error()+")")
	} else if err != nil {
		t.Fatal(err)
	}
	id := dir.readSealing().Key
	t.Cleanup(func() { _ = store.Forget(id) })
	nothingOpen(t, dir, "secret")
	if got, err := dir.again(t).Token(t.Context(), testKey, Query{}, Renewal{}); err != nil || got.Token.Access != text("a-secret") {
		t.Errorf("another process: %v", err)
	}
	if err := store.Forget(id); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, Renewal{}); !isLost(err) {
		t.Errorf("cleared: %v", err)
	}
	move(time.Second)
	if _, err := dir.again(t).Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("b-secret", "r"), nil })); err != nil {
		t.Errorf("a login after a reboot: %v", err)
	}
	if err := dir.again(t).Logout(t.Context(), testKey, func(context.Context, secret.Text, time.Duration) error { return nil }); err != nil {
		t.Errorf("logout: %v", err)
	}
	if dir.exists("seal", ".json") {
		t.Error("seal.json is left")
	}
}

// Processes, in a session keyring that isn't linked to the user's, as under systemd: they read the key all the
// same. In another user namespace it isn't lost but locked.
func TestTheKernelsKeyringFromElsewhere(t *testing.T) {
	dom := newDomain(t)
	dir := folder(t)
	j := job{Dir: dir.path, URL: dom.URL, Op: "login", Key: testKey, Seal: "kernel"}
	if s := j.start(t).release().says(); strings.Contains(s.Error, "not permitted") {
		need.Missing(t, "the kernel's keyring ("+s.Error+")")
	} else if s.Error != "" {
		t.Fatal(s.Error)
	}
	t.Cleanup(func() { _ = keyStore("kernel", 0, nil).Forget(dir.readSealing().Key) })
	j.Op = "token"
	if keyctl, err := exec.LookPath("keyctl"); err == nil {
		if s := j.start(t, keyctl, "session", "-").release().says(); s.Error != "" {
			t.Errorf("another session: %s", s.Error)
		}
	}
	if err := exec.Command("unshare", "-Ur", "true").Run(); err == nil {
		if s := j.start(t, "unshare", "-Ur").release().says(); s.Kind != "locked" {
			t.Errorf("another user namespace: %+v", s)
		}
	}
	var all []*process
	j.Query = Query{Force: true}
	for range 8 {
		all = append(all, j.start(t))
	}
	for _, p := range all {
		p.release()
	}
	for _, p := range all {
		if s := p.says(); s.Error != "" {
			t.Errorf("refresh: %s", s.Error)
		}
	}
	dom.once()
	dom.chain(dir.again(t), testKey)
}

// Many first logins at once: one key, and every file can be read.
func TestManyFirstLoginsMakeOneKey(t *testing.T) {
	for range count(10, 2) {
		dom := newDomain(t)
		dir := folder(t)
		var all []*process
		for i := range 16 {
			key := NewKey("profile", string(rune('a'+i%8)))
			all = append(all, job{Dir: dir.path, URL: dom.URL, Op: "token", Key: key, Seal: "kernel", Grant: true}.start(t))
		}
		for _, p := range all {
			p.release()
		}
		for _, p := range all {
			if s := p.says(); strings.Contains(s.Error, "not permitted") {
				need.Missing(t, "the kernel's keyring ("+s.Error+")")
			} else if s.Error != "" {
				t.Errorf("%s", s.Error)
			}
		}
		id := dir.readSealing().Key
		if dom.grants != 8 {
			t.Errorf("%d grants for 8 profiles", dom.grants)
		}
		for i := range 8 {
			if tok, err := dir.again(t).read(string(NewKey("profile", string(rune('a'+i))))); err != nil || tok.form.key != id {
				t.Errorf("profile %d: %v", i, err)
			}
		}
		if aside, _ := filepath.Glob(dir.path + "/*.sealed-*"); aside != nil {
			t.Errorf("set aside: %v", aside)
		}
		if err := keyStore("kernel", 0, nil).Forget(id); err != nil {
			t.Error(err)
		}
	}
}
