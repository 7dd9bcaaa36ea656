//go:build linux

package fire

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A3.6: A wrong secret is tried once, then there is silence until it is corrected: that is noticed at once.
func TestWrongSecretThenCorrected(t *testing.T) {
	s := expired(t, machine.Person, idcstest.Options{})
	s.Write("client.secret", "wrong\n")
	s.failed(5, "the domain refused the client (invalid_client", s.Crowd(machine.Mixed(64)...)...)
	s.failed(5, "the domain refused the client (invalid_client", s.Crowd(machine.Mixed(8)...)...)
	s.posts(1)
	s.Write("client.secret", s.Domain.SecretClient.Secret+"\n")
	s.served(s.Crowd(machine.Mixed(8)...)...)
	s.posts(2)
	s.Chain()
}

// A3.7: A spent refresh token is presented once, however often it is asked for. A login mends it.
func TestSpentTokenIsPresentedOnce(t *testing.T) {
	s := expired(t, machine.Person, idcstest.Options{})
	s.Domain.EndLogins()
	for range repeat(t, 3) {
		s.failed(3, "credential-idcs: profile work: login needed, the refresh token is spent\n\tcredential-idcs login work\n", s.Crowd(machine.Mixed(32)...)...)
	}
	s.posts(1)
	if !s.Marked() {
		t.Errorf("there is no mark")
	}
	s.Login()
	s.again()
	s.served(s.Crowd(machine.Mixed(8)...)...)
	s.posts(0)
	s.Chain()
}

// A person may ask the domain again.
func TestTypedRefreshAsksAgain(t *testing.T) {
	s := expired(t, machine.Person, idcstest.Options{})
	s.Domain.EndLogins()
	s.failed(3, "is spent", s.Do(machine.Git))
	s.posts(1)
	s.Domain.TypedRefresh()
	s.failed(3, "is spent", s.Do(machine.Refresh))
	s.posts(2)
}

// The mark is on one token. A newer one that came meanwhile is used.
func TestNewerTokenIsNotMarked(t *testing.T) {
	s := expired(t, machine.Person, idcstest.Options{})
	s.Domain.EndLogins()
	gate := s.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
	p := s.Start(machine.Git)
	s.reach(gate)
	login := s.Start(s.LoginCall()) // waits for the lock
	gate.Open()
	if r := p.Wait(); r.Exit != 3 && r.Exit != 0 {
		t.Errorf("%s", r)
	}
	if r := login.Wait(); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	s.served(s.Do(machine.Git))
	s.Chain()
}

// A3.7b: A login that needs no person is made by itself: one refusal and one grant for all.
func TestSpentTokenOfALoginThatNeedsNobody(t *testing.T) {
	s := expired(t, machine.Alone, idcstest.Options{})
	s.Domain.EndLogins()
	s.served(s.Crowd(machine.Mixed(64)...)...)
	s.posts(1)
	s.grants(idcstest.Assertion, 1)
	s.Chain()

	t.Run("refused", func(t *testing.T) {
		s := expired(t, machine.Alone, idcstest.Options{})
		s.Domain.EndLogins()
		s.Domain.Script(idcstest.Fault{On: idcstest.Assertion, Error: "invalid_grant"})
		s.failed(5, "profile work", s.Crowd(machine.Mixed(32)...)...)
		s.failed(5, "profile work", s.Crowd(machine.Mixed(8)...)...)
		s.posts(1)
		s.grants(idcstest.Assertion, 1)
	})
}

// erase is what git says after a 401.
func erase(token string) machine.Call {
	c := machine.Git
	c.Args = []string{"erase"}
	c.Stdin = "protocol=https\nhost=" + machine.GitHost + "\n"
	if token != "" {
		c.Stdin += "password=" + token + "\n"
	}
	c.Stdin += "\n"
	return c
}

// A3.8: A server refuses a token that looked fresh: it goes, if it is the one, and only the access token.
func TestRefusedTokenGoes(t *testing.T) {
	s := set(t, machine.Person, idcstest.Options{})
	s.Age(5 * time.Minute)
	stored := s.Stored()
	for _, token := range []string{"", "eyJother"} {
		if r := s.Do(erase(token)); r.Exit != 0 || r.Stdout+r.Stderr != "" {
			t.Errorf("%s", r)
		}
		s.served(s.Do(machine.Git))
		s.posts(0)
	}
	if r := s.Do(erase(stored.Access)); r.Exit != 0 || r.Stdout+r.Stderr != "" {
		t.Errorf("%s", r)
	}
	if after := s.Stored(); after.Access != "" || after.Refresh != stored.Refresh {
		t.Errorf("not just the access token went")
	}
	s.posts(0) // erase is no reason to go to the domain
	calls := machine.Mixed(32)
	for range 32 {
		calls = append(calls, erase(stored.Access))
	}
	results := s.Crowd(calls...)
	s.served(results[:32]...)
	for _, r := range results[32:] {
		if r.Exit != 0 {
			t.Errorf("%s", r)
		}
	}
	s.posts(1)
	s.Chain()
}

// A3.8b: A server that refuses everything costs one refresh a minute at most.
func TestRefusedAgainAndAgain(t *testing.T) {
	s := set(t, machine.Person, idcstest.Options{})
	s.Age(5 * time.Minute)
	for range 2 + repeat(t, 20) {
		r := s.Do(machine.Git)
		s.served(r)
		s.Do(erase(r.Secret()))
	}
	s.posts(1)
	s.Chain()
}

// A3.8c: kubectl can't say that its server refused: it only asks again. One parent gets one forced refresh a
// minute, and none where there is no place to remember it.
func TestRefusedByKubectlsServer(t *testing.T) {
	info := `KUBERNETES_EXEC_INFO={"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}}`
	for _, runtime := range []bool{true, false} {
		s := set(t, machine.Person, idcstest.Options{})
		s.Age(5 * time.Minute)
		call := machine.Kubectl.With(info)
		want := 0
		if runtime {
			dir := t.TempDir()
			if err := os.Chmod(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			call, want = call.With("XDG_RUNTIME_DIR="+dir), 1
		}
		for range 2 + repeat(t, 20) {
			s.served(s.Do(call))
		}
		s.posts(want)
		s.Chain()
	}
}

// Names of secrets, tokens and assertions in what all those processes said.
func TestNothingSecretIsSaid(t *testing.T) {
	s := expired(t, machine.Alone, idcstest.Options{})
	s.Domain.Script(idcstest.Fault{Nth: 2, Status: 500, Body: inBody})
	var said strings.Builder
	for _, call := range append(machine.Mixed(4), machine.Refresh, machine.Status, machine.Refresh, machine.Logout) {
		r := s.Do(call)
		said.WriteString(r.Stderr)
		if r.Secret() == "" || call.Args[0] == "status" {
			said.WriteString(r.Stdout)
		}
	}
	for _, secret := range append(s.Domain.Secrets(), inBody) {
		if strings.Contains(said.String(), secret) {
			t.Errorf("a secret was said: %s", idcstest.Digest(secret))
		}
	}
}
