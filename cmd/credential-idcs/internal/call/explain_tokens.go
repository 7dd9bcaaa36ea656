package call

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Explain turns what the cache says into a message for people, about one profile. It is where an
// error meets the command that mends it.
func Explain(profile string, err error) *helpers.Failure {
	f := &helpers.Failure{Class: helpers.Internal, Err: err}
	login := "credential-idcs login " + text.Word(profile)
	say := func(format string, args ...any) {
		f.Message = "profile " + profile + ": " + text.Clean(fmt.Sprintf(format, args...))
	}

	var (
		ready   *helpers.Failure
		spent   *cache.SpentError
		busy    *cache.BusyError
		shared  *cache.Failure
		folder  *cache.FolderError
		damaged *cache.DamagedError
		newer   *cache.NewerError
		unsaved *cache.NotSavedError
		means   *cache.MeansError
		sealed  *cache.SealedError
		clock   *ClockError
		subject *SubjectError
		memory  *MemoryError
	)
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &unsaved):
		say("%s", unsaved.Error())
	case errors.As(err, &subject):
		f.Command = login
		say("%s", subject.Error())
	case errors.As(err, &memory):
		f.Command = text.Set("CREDENTIAL_IDCS_CACHE_DIR", "FOLDER")
		say("%s", memory.Error())
	case errors.Is(err, cache.ErrNothing):
		f.Class, f.Command = helpers.LoginNeeded, login
		say("login needed, nothing is stored yet")
	case errors.As(err, &spent) && spent.Interrupted != nil:
		f.Class, f.Command = helpers.LoginNeeded, login
		f.Message = fmt.Sprintf("the refresh of %s at %s was interrupted (pid %d) and the domain had already replaced its token",
			profile, spent.Interrupted.At.Local().Format("15:04"), spent.Interrupted.Pid)
	case errors.As(err, &spent):
		f.Class, f.Command = helpers.LoginNeeded, login
		say("login needed, the refresh token is spent")
	case errors.Is(err, cache.ErrNoRefresh):
		f.Class, f.Command = helpers.LoginNeeded, login
		say("login needed, the token has expired and the login brought no refresh token")
	case errors.Is(err, cache.ErrNoID):
		f.Class, f.Command = helpers.LoginNeeded, login
		say("login needed, the ID token has expired and the domain's refresh brings no new one")
	case errors.Is(err, cache.ErrOtherMachine):
		f.Class, f.Command = helpers.LoginNeeded, login
		say("login needed, the stored tokens were copied from another machine")
	case errors.Is(err, cache.ErrCopied):
		f.Class, f.Command = helpers.LoginNeeded, login
		say("login needed, the token file is a copy, and only the original's refresh token may be sent")
	case errors.As(err, &damaged):
		f.Class, f.Command = helpers.LoginNeeded, login
		say("login needed, the token file was damaged and is kept as %s", filepath.Base(damaged.Aside))
	case errors.As(err, &newer):
		f.Command = text.Then(text.Remove(newer.Path), login) // logout couldn't revoke what it can't read
		say("the stored tokens were written by a newer credential-idcs; update it, or log in anew")
	case errors.As(err, &busy):
		f.Class = helpers.Temporary
		say("%s", busy.Error())
	case errors.Is(err, cache.ErrTooLate):
		f.Class, f.Command = helpers.Temporary, "credential-idcs refresh "+text.Word(profile)
		say("%s", err.Error())
	case errors.As(err, &sealed):
		switch {
		case sealed.Writing && sealed.Store == "kernel": // nothing unlocks that
			f.Class, f.Command = helpers.Temporary, "credential-idcs doctor "+text.Word(profile)
		case sealed.Lost:
			f.Class, f.Command = helpers.LoginNeeded, login
		default:
			f.Class, f.Command = helpers.Temporary, "credential-idcs unlock"
		}
		say("%s", sealed.Error())
	case errors.As(err, &means):
		f.Command = limit(err)
		say("%s", means.Error())
	case errors.Is(err, cache.ErrNotFresh):
		f.Class = helpers.Temporary
		say("no fresh token is stored")
	case errors.As(err, &folder):
		say("%s", folder.Error())
		switch {
		case folder.Mode != 0:
			f.Command = text.Chmod(folder.Mode, folder.Path)
		case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR), readOnly(err), lockless(err):
			f.Command = text.Set("CREDENTIAL_IDCS_CACHE_DIR", "FOLDER")
		case limit(err) != "":
			f.Command = limit(err)
		case folder.Full:
			f.Command = text.Room(folder.Path)
		default:
			f.Command = text.Show(folder.Path)
		}
	case errors.As(err, &shared):
		f.Class, f.Command = reaction(profile, shared)
		if shared.Command != "" {
			f.Command = shared.Command
		}
		say("%s", shared.Text)
	case errors.As(err, &clock):
		f.Command = "credential-idcs doctor " + text.Word(profile)
		say("%s", clock.Error())
	default:
		say("%s", err.Error())
	}
	return f
}

// readOnly reports a file system that can't be written.
func readOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// lockless reports a file system without locks.
func lockless(err error) bool {
	return errors.Is(err, syscall.ENOLCK) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, errors.ErrUnsupported)
}

// limit lifts the shell's limit that the process ran into; empty: none that a command names.
func limit(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return "ulimit -n 1024"
	case errors.Is(err, syscall.EFBIG):
		return "ulimit -f unlimited"
	}
	return ""
}

// reaction is what a shared failure asks for.
func reaction(profile string, f *cache.Failure) (helpers.Class, string) {
	switch f.Class {
	case Configured:
		return helpers.Profile, "credential-idcs doctor " + text.Word(profile)
	case Login:
		return helpers.LoginNeeded, "credential-idcs login " + text.Word(profile)
	case Later:
		return helpers.Temporary, "credential-idcs refresh " + text.Word(profile)
	}
	return helpers.Internal, "credential-idcs doctor " + text.Word(profile)
}
