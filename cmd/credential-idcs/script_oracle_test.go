package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

type oracleKey struct{}

// An oracle is Oracle's side of a script, with what lies in ~/.oci.
type oracle struct {
	*ocitest.Server
	session ocitest.Home
}

func oracleOf(ts *testscript.TestScript) *oracle {
	o, ok := ts.Value(oracleKey{}).(*oracle)
	if !ok || o.Server == nil {
		ts.Fatalf("there is no oracle yet")
	}
	return o
}

// oracleCommands are those for Oracle's own services.
func oracleCommands(t *testing.T, cmds map[string]func(*testscript.TestScript, bool, []string)) {
	// oracle [basic] starts Oracle's side and an identity domain that believes its signatures. It writes
	// ~/.oci with a session, work, and an API key, DEFAULT, and sets the variables that configurations use.
	cmds["oracle"] = func(ts *testscript.TestScript, _ bool, args []string) {
		s, err := ocitest.New(ocitest.Options{BasicCluster: len(args) > 0 && args[0] == "basic"})
		ts.Check(err)
		domain, err := idcstest.New(idcstest.Options{AccessTTL: time.Hour, Oracle: s})
		ts.Check(err)
		ts.Defer(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := domain.Close(); err != nil {
				t.Error(err)
			}
		})
		*ts.Value(domainKey{}).(**idcstest.Server) = domain
		o := ts.Value(oracleKey{}).(*oracle)
		o.Server = s
		ca := filepath.Join(ts.Getenv("WORK"), "ca.pem")
		ts.Check(os.WriteFile(ca, append(s.CA.PEM(), domain.CA.PEM()...), 0o644))
		home := filepath.Join(ts.Getenv("HOME"), ".oci")
		ts.Check(os.Mkdir(home, 0o700))
		o.session, err = s.WriteSession(home, "work")
		ts.Check(err)
		_, err = s.WriteAPIKey(home, "DEFAULT")
		ts.Check(err)
		account := filepath.Join(ts.Getenv("WORK"), "serviceaccount")
		ts.Check(os.Mkdir(account, 0o755))
		ts.Check(s.WriteServiceAccount(account))
		rpst, key, err := s.Resource()
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "rpst"), []byte(rpst), 0o600))
		ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "rpst.pem"), []byte(key), 0o600))
		ts.Check(os.WriteFile(filepath.Join(ts.Getenv("CONFIG"), "client.secret"), []byte(domain.SecretClient.Secret+"\n"), 0o600))
		ts.Setenv("SECRET_CLIENT", domain.SecretClient.ID)
		for k, v := range map[string]string{
			"DOMAIN": domain.URL(), "CA": filepath.ToSlash(ca), "HTTPS_PROXY": s.ProxyURL(), "METADATA": s.MetadataURL(),
			"WORKLOAD": s.WorkloadURL(), "ACCOUNT": account,
		} {
			ts.Setenv(k, v)
		}
	}
	// asked NAME N demands that so many requests of a kind came to Oracle.
	cmds["asked"] = func(ts *testscript.TestScript, neg bool, args []string) {
		want, err := strconv.Atoi(args[1])
		ts.Check(err)
		if got := oracleOf(ts).Count(args[0]); (got == want) == neg {
			ts.Fatalf("%d requests of %s; refused: %q", got, args[0], oracleOf(ts).Refusals())
		}
	}
	// edit FROM TO REGEXP WITH … writes FROM, changed by each pair, as TO. WITH may have Go's escapes and $1.
	cmds["edit"] = func(ts *testscript.TestScript, _ bool, args []string) {
		text := ts.ReadFile(args[0])
		for pairs := args[2:]; len(pairs) > 1; pairs = pairs[2:] {
			with, err := strconv.Unquote(`"` + pairs[1] + `"`)
			ts.Check(err)
			text = regexp.MustCompile(pairs[0]).ReplaceAllString(text, with)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
	}
	// answers [NAME STATUS [BODY]] makes all requests of a kind fail so, or none.
	cmds["answers"] = func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) == 0 {
			oracleOf(ts).Unscript()
			return
		}
		status, err := strconv.Atoi(args[1])
		ts.Check(err)
		oracleOf(ts).Unscript()
		oracleOf(ts).Script(ocitest.Fault{On: args[0], Status: status, Body: strings.Join(args[2:], " "),
			Header: map[string][]string{"Opc-Request-Id": {"A1B2"}}})
	}
	// session MINUTES makes the session in ~/.oci one that lives so long, or that ended so long ago.
	cmds["session"] = func(ts *testscript.TestScript, _ bool, args []string) {
		minutes, err := strconv.Atoi(args[0])
		ts.Check(err)
		o := oracleOf(ts)
		begun := o.Now().Add(time.Duration(minutes)*time.Minute - time.Hour)
		ts.Check(o.WriteToken(o.session, o.IssueFor(ocitest.User, &o.session.Key.PublicKey, begun, time.Hour)))
	}
	// lets CLUSTER FILE demands that the cluster takes the ExecCredential in a file.
	cmds["lets"] = func(ts *testscript.TestScript, neg bool, args []string) {
		var answer struct{ Status struct{ Token string } }
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &answer))
		if _, err := oracleOf(ts).VerifyCluster(answer.Status.Token, args[0], "us-ashburn-1"); (err == nil) == neg {
			ts.Fatalf("%v", err)
		}
	}
	// unsaid FILE... fails if one of the files has a secret of Oracle's in it, but for those that it may have.
	cmds["unsaid"] = func(ts *testscript.TestScript, _ bool, args []string) {
		for _, name := range args {
			content := ts.ReadFile(name)
			for _, s := range oracleOf(ts).Secrets() {
				if strings.Contains(content, s) {
					ts.Fatalf("%s holds a secret", name)
				}
			}
		}
	}
}
