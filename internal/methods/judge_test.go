package methods

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/internal/wire"
	"github.com/credential-idcs/credential-idcs/oci"
)

func TestJudge(t *testing.T) {
	gone := &idcs.Error{Class: idcs.ErrLater, Outcome: idcs.Doubtful, Status: 404, Suspect: true, Cause: "the domain has no such endpoint"}
	ntlm := &idcs.Error{Class: idcs.ErrLater, Outcome: idcs.NotSent, Suspect: true, Cause: "the proxy knows only NTLM"}
	for name, tt := range map[string]struct {
		err     *idcs.Error
		before  Before
		class   string
		text    string
		verdict policy.Verdict
		pause   policy.Pause
	}{
		"spent": {
			&idcs.Error{Class: idcs.ErrSpent, Outcome: idcs.Settled, Status: 400, Code: "invalid_grant"}, Before{},
			policy.Login, "the refresh token is spent (400 invalid_grant)", policy.Spent, policy.NoPause,
		},
		"the client": {
			&idcs.Error{Class: idcs.ErrConfiguration, Outcome: idcs.Settled, Status: 401, Code: "invalid_client", ECID: "A1"}, Before{},
			policy.Configured, "the domain refused the client (invalid_client, ecid A1)", policy.Settled, policy.PauseClient,
		},
		"the client, by a clock that is far off": {
			&idcs.Error{
				Class: idcs.ErrConfiguration, Outcome: idcs.Settled, Status: 401, Code: "invalid_client",
				Clock: wire.Clock{Wild: true, Skew: -72 * time.Hour},
			}, Before{}, policy.Configured,
			"the domain refused the client (invalid_client); this machine's clock is 3d0h ahead of the domain's Date, too far to be corrected by it",
			policy.Settled, policy.PauseClient,
		},
		"404 once":                      {gone, Before{}, policy.Later, gone.Error(), policy.Doubt, policy.PauseAnswer},
		"404 after another failure":     {gone, Before{Status: 503, Text: "busy"}, policy.Later, gone.Error(), policy.Doubt, policy.PauseAnswer},
		"404 twice":                     {gone, Before{Status: 404, Text: "any"}, policy.Configured, gone.Error(), policy.Doubt, policy.PauseClient},
		"404 at a login":                {gone, Before{Person: true}, policy.Configured, gone.Error(), policy.Doubt, policy.PauseClient},
		"a proxy's NTLM once":           {ntlm, Before{}, policy.Later, ntlm.Error(), policy.NotSent, policy.PauseConnect},
		"a proxy's NTLM twice":          {ntlm, Before{Text: ntlm.Error()}, policy.Configured, ntlm.Error(), policy.NotSent, policy.PauseConnect},
		"after an unsent one of others": {ntlm, Before{Text: "no route"}, policy.Later, ntlm.Error(), policy.NotSent, policy.PauseConnect},
		"a proxy of an unknown kind": {
			&idcs.Error{Class: idcs.ErrConfiguration, Outcome: idcs.NotSent, Unsupported: true, Cause: "no"}, Before{},
			policy.Configured, "no", policy.NotSent, policy.PauseWay,
		},
		"no answer": {
			&idcs.Error{Class: idcs.ErrInDoubt}, Before{}, policy.Later, string(idcs.ErrInDoubt), policy.Doubt, policy.PauseAnswer,
		},
		"a useless one": {
			&idcs.Error{Class: idcs.ErrFailure, Outcome: idcs.Settled, Status: 200}, Before{},
			policy.Failed, "the domain's answer can't be used (200)", policy.Settled, policy.PauseAnswer,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := Judgement{Class: tt.class, Text: tt.text, Verdict: tt.verdict, Pause: tt.pause}
			if got := Judge(tt.err, tt.before); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestJudgeOracle(t *testing.T) {
	home := t.TempDir()
	at := config.Path{Written: "~/.oci/config", Full: filepath.Join(home, "config")}
	key := filepath.Join(home, "k 1.pem")
	p := &config.Profile{OCI: &config.OCI{File: at}, Targets: []config.Target{{Kind: config.KindOKE, Region: "eu-frankfurt-1"}}}
	for name, tt := range map[string]struct {
		err  error
		want Judgement
	}{
		"settings": {&oci.Error{Class: oci.ErrSettings, Text: "no"}, Judgement{Class: policy.Configured, Text: "no", Verdict: policy.Settled, Pause: policy.PauseClient}},
		"busy":     {&oci.Error{Class: oci.ErrLater, Text: "no"}, Judgement{Class: policy.Later, Text: "no", Verdict: policy.Settled, Pause: policy.PauseAnswer}},
		"unheard":  {&oci.Error{Class: oci.ErrLater, Text: "no", NotSent: true}, Judgement{Class: policy.Later, Text: "no", Verdict: policy.NotSent, Pause: policy.PauseConnect}},
		"a way":    {&oci.Error{Class: oci.ErrSettings, Text: "no", NotSent: true, Unsupported: true}, Judgement{Class: policy.Configured, Text: "no", Verdict: policy.NotSent, Pause: policy.PauseWay}},
		"a session": {
			&oci.SessionError{File: "~/.oci/config", Profile: "work", Region: "us-ashburn-1", Missing: "profile"},
			Judgement{
				Class: policy.Login, Text: "login needed, ~/.oci/config has no profile work",
				Command: "oci session authenticate --profile-name work --region us-ashburn-1", Verdict: policy.NotSent,
			},
		},
		"a session without a region": {
			&oci.SessionError{File: "~/.oci/config", Profile: "work", Missing: "profile"},
			Judgement{
				Class: policy.Login, Text: "login needed, ~/.oci/config has no profile work",
				Command: "oci session authenticate --profile-name work --region eu-frankfurt-1", Verdict: policy.NotSent,
			},
		},
		"no connection to an instance's metadata": {
			&oci.Error{Class: oci.ErrSettings, Text: "no", NotSent: true},
			Judgement{Class: policy.Configured, Text: "no", Verdict: policy.NotSent, Pause: policy.PauseConnect},
		},
		"seen on this machine": {
			&oci.Error{Class: oci.ErrSettings, Text: "no", NotSent: true, Local: true},
			Judgement{Class: policy.Configured, Text: "no", Verdict: policy.NotSent},
		},
		"a line of a file": {
			&oci.FileError{File: "~/.oci/config", Line: 3, Problem: "region comes twice"},
			Judgement{Class: policy.Configured, Text: "~/.oci/config:3: region comes twice", Command: text.Edit(at.Full), Verdict: policy.NotSent},
		},
		"an encrypted key": {
			&oci.FileError{File: "~/.oci/config", Line: 3, Problem: "key_file is encrypted", Named: key},
			Judgement{Class: policy.Configured, Text: "~/.oci/config:3: key_file is encrypted", Command: "openssl rsa -in " + text.Word(key) + " -out NEW", Verdict: policy.NotSent},
		},
		"a torn session": {
			&oci.FileError{File: "~/.oci/config", Line: 3, Problem: "no", Again: &oci.SessionError{Profile: "work", Region: "us-ashburn-1"}},
			Judgement{
				Class: policy.Configured, Text: "~/.oci/config:3: no",
				Command: "oci session authenticate --profile-name work --region us-ashburn-1", Verdict: policy.NotSent,
			},
		},
		"no API key": {
			&oci.ProfileError{File: "~/.oci/config", Profile: "DEFAULT"},
			Judgement{Class: policy.Configured, Text: "~/.oci/config has no profile DEFAULT", Command: "oci setup config", Verdict: policy.NotSent},
		},
	} {
		if got, ok := JudgeOracle(p, tt.err); !ok || got != tt.want {
			t.Errorf("%s: got %+v, %v", name, got, ok)
		}
	}
	if _, ok := JudgeOracle(p, &idcs.Error{}); ok {
		t.Error("the domain is taken for one of Oracle's own services")
	}
}
