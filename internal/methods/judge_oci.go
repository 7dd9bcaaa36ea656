package methods

import (
	"errors"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/oci"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// JudgeOracle judges an error of Oracle's own services or of a profile's OCI principal. Nothing that they get can be
// spent. ok: it was such an error.
func JudgeOracle(p *config.Profile, err error) (j Judgement, ok bool) {
	if over, ok := errors.AsType[*oci.SessionError](err); ok {
		return Judgement{
			Class: policy.Login, Text: "login needed, " + over.Error(), Command: anotherSession(p, over), Verdict: policy.NotSent,
		}, true
	}
	if command := mendOracle(p, err); command != "" {
		return Judgement{Class: policy.Configured, Text: err.Error(), Command: command, Verdict: policy.NotSent}, true
	}
	f, ok := errors.AsType[*oci.Error](err)
	if !ok {
		return Judgement{}, false
	}
	j = Judgement{Class: policy.Failed, Text: f.Text, Verdict: policy.Settled, Pause: policy.PauseAnswer}
	switch f.Class {
	case oci.ErrSettings:
		j.Class, j.Pause = policy.Configured, policy.PauseClient
	case oci.ErrLater:
		j.Class = policy.Later
	}
	if early(f) {
		j.Command = text.SyncClock()
	}
	switch {
	case f.Unsupported:
		j.Pause = policy.PauseWay
	case f.Local: // trying again costs nothing, and works at once when it was mended
		j.Pause = policy.NoPause
	case f.NotSent:
		j.Pause = policy.PauseConnect
	}
	if f.NotSent {
		j.Verdict = policy.NotSent
	}
	return j, true
}

// mendOracle is the command that mends one of the oci CLI's files, or a file that it refers to; empty for another error.
func mendOracle(p *config.Profile, err error) string {
	if none, ok := errors.AsType[*oci.ProfileError](err); ok {
		if none.File == config.OCIFile {
			return "oci setup config"
		}
		return text.Edit(p.OCI.File.Full)
	}
	f, ok := errors.AsType[*oci.FileError](err)
	switch {
	case !ok:
		return ""
	case f.Named != "":
		return "openssl rsa -in " + text.Word(p.OCI.PathOf(f.Named).Full) + " -out NEW"
	case f.Again != nil:
		return anotherSession(p, f.Again)
	}
	return text.Edit(p.OCI.File.Full)
}

// anotherSession is the command of the oci CLI that makes a new session. Without a region it would ask for one, so the
// first target's is added.
func anotherSession(p *config.Profile, over *oci.SessionError) string {
	region, ok := ident.ParseRegion(over.Region)
	for i := 0; i < len(p.Targets) && !ok; i++ {
		t := &p.Targets[i]
		if region = t.Region; t.Kind == config.KindOCIR {
			region, _ = ident.IsRegistry(t.HostPort())
		}
		ok = region != ""
	}
	command := "oci session authenticate --profile-name " + text.Word(over.Profile)
	if ok {
		command += " --region " + text.Word(region)
	}
	return command
}
