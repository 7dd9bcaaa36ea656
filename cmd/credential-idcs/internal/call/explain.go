package call

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// This file and explain_tokens.go add to an error the command that mends it. The packages below return facts and
// know no commands.

// ExplainConfig turns an error of the configuration into a *helpers.Failure.
func ExplainConfig(err error) error {
	var (
		unlisted *config.UnlistedError
		shared   *config.SharedError
		user     *config.UsernameError
		file     *config.FileError
		profile  *config.ProfileError
	)
	failure := func(c helpers.Class, message, command string) error {
		return &helpers.Failure{Class: c, Message: message, Command: command, Err: err}
	}
	var mistake *config.Error
	switch {
	case errors.As(err, &profile) && (profile.Missing || len(profile.Known) == 0):
		return failure(helpers.Config, err.Error(), "credential-idcs init")
	case errors.As(err, &profile) && profile.Name == "":
		return failure(helpers.Config, err.Error()+"; name one, or set default in "+text.Clean(profile.Path),
			text.Set("CREDENTIAL_IDCS_PROFILE", profile.Known[0]))
	case errors.As(err, &profile):
		return failure(helpers.Config, err.Error(), text.Edit(profile.Path))
	case errors.As(err, &unlisted):
		return failure(helpers.NotConfigured, err.Error(), edit(unlisted.Path))
	case errors.As(err, &shared):
		return sharedTarget(shared)
	case errors.As(err, &user):
		return failure(helpers.NotConfigured, err.Error(), edit(user.Path))
	case errors.As(err, &file):
		class := helpers.Config
		if file.Held() {
			class = helpers.Temporary
		}
		return failure(class, err.Error(), mendFile(file))
	case errors.As(err, &mistake) && filepath.IsAbs(mistake.File):
		class := helpers.Config
		if mistake.Short { // somebody may be writing the file: git must not ask for a password meanwhile
			class = helpers.Profile
		}
		return failure(class, err.Error(), text.Edit(mistake.File))
	}
	f := helpers.AsFailure(err)
	if f.Message != "internal error" {
		return f
	}
	return failure(helpers.Config, err.Error(), "")
}

// edit is text.Edit, or nothing where there is no file.
func edit(path string) string {
	if path == "" {
		return ""
	}
	return text.Edit(path)
}

// sharedTarget explains how to choose one of the profiles that have the target: by the user name for git, by
// --profile where a tool's configuration can have it, else in the configuration file.
func sharedTarget(e *config.SharedError) error {
	f := &helpers.Failure{Class: helpers.Profile, Message: e.Error(), Err: e}
	profile := text.Word(e.Profiles[0])
	switch {
	case e.Tool == "git" && e.Users[0] != e.Users[1]:
		f.Message += "; say which user"
		f.Command = "git config --global " + text.Word("credential."+e.Target.String()+".username") + " " + text.Word(e.Users[0])
	case e.Tool == "git":
		f.Message += "; say which profile"
		// configure has written two values; the last argument is a pattern that finds ours.
		f.Command = "git config --global --replace-all " + text.Word("credential."+e.Target.String()+".helper") + " " + text.Word("idcs --profile "+text.PosixWord(e.Profiles[0])) + " idcs"
	case e.Tool == "":
		f.Message += "; add --profile " + text.Clean(e.Profiles[0])
		f.Command = edit(e.Path)
	case e.Tool == "kubectl":
		f.Message += "; add --profile " + text.Clean(e.Profiles[0])
		f.Command = "credential-idcs configure kubectl --profile " + profile
	case e.Tool == "go":
		f.Message += "; add --profile " + text.Clean(e.Profiles[0]) + " to our command in GOAUTH"
		f.Command = "go env -w " + text.Word("GOAUTH=credential-idcs goauth --profile "+text.PosixWord(e.Profiles[0])+";netrc")
	case e.Tool == "terraform":
		f.Message += "; name the profile in the file of Terraform, or of OpenTofu"
		f.Command = `credentials_helper "idcs" { args = ["--profile", "` + text.Clean(e.Profiles[0]) + `"] }`
	case e.Tool == "kubelet":
		f.Message += "; name the profile in the kubelet's CredentialProviderConfig"
		f.Command = "args: [kubelet, --profile, " + text.Clean(e.Profiles[0]) + "]"
	case e.Tool == "google":
		f.Message += "; name the profile in the command of the credential configuration"
		f.Command = "credential-idcs google --profile " + profile
	default:
		f.Message += "; " + e.Tool + ` can't name one: write default = "` + text.Clean(e.Profiles[0]) + `" into the configuration, or give the target its tools in one of them`
		f.Command = "credential-idcs target add " + text.Word(e.Target.String()) + " --profile " + profile + " --tools " + e.Tool
	}
	return f
}

// Mend is the command that mends an error of a profile's own files. The engine stores it with the failure.
func Mend(p *config.Profile, err error) string {
	if file, ok := errors.AsType[*config.FileError](err); ok {
		return mendFile(file)
	}
	return "credential-idcs doctor " + text.Word(p.Name)
}

// mendFile is the command, or the line, that mends a file. Its path is in full: the command is typed
// elsewhere than in the configuration's folder, and between quotes a shell leaves ~/ as it is.
func mendFile(e *config.FileError) string {
	chown := fmt.Sprintf("sudo chown %d %s", e.Self, text.Word(e.Path.Full)) // no owner counts on Windows
	mode := fs.FileMode(0o600)
	switch e.Problem {
	case config.NoHome:
		return text.Set("HOME", "/FOLDER")
	case config.ForeignOwner:
		return chown
	case config.WritableByOthers:
		mode = e.Mode.Perm() &^ 0o022
	case config.ReadableByOthers:
	default:
		if e.Held() {
			return text.WhoHolds()
		}
		if e.Typed {
			return text.StoreHidden(e.Path.Full)
		}
		return text.Show(e.Path.Full)
	}
	chmod := text.Chmod(mode, e.Path.Full)
	switch {
	case e.ReadOnly: // a Secret of Kubernetes, mode 0644 and root's, is changed in the pod's own volume
		return "defaultMode: 0400"
	case e.Owner == e.Self || e.Self == 0:
		return chmod
	}
	return text.Then(chown, chmod)
}
