package call

import (
	"cmp"
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
	say := func(s string) { f.Message = "profile " + profile + ": " + text.Clean(s) }

	var (
		ready   *helpers.Failure
		spent   *cache.SpentError
		busy    *cache.BusyError
		shared  *cache.Failure
		folder  *cache.FolderError
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
		say(unsaved.Error())
	case errors.As(err, &subject):
		f.Command = login
		say(subject.Error())
	case errors.As(err, &memory):
		f.Command = text.Set("CREDENTIAL_IDCS_CACHE_DIR", "FOLDER")
		say(memory.Error())
	case errors.As(err, &spent) && spent.Interrupted != nil:
		f.Class, f.Command = helpers.LoginNeeded, login
		f.Message = fmt.Sprintf("the refresh of %s at %s was interrupted (pid %d) and the domain had already replaced its token",
			profile, spent.Interrupted.At.Local().Format("15:04"), spent.Interrupted.Pid)
	case ended(err) != "":
		f.Class, f.Command = helpers.LoginNeeded, login
		say(ended(err))
	case errors.As(err, &newer):
		f.Command = text.Then(text.Remove(newer.Path), login) // logout couldn't revoke what it can't read
		say("the stored tokens were written by a newer credential-idcs; update it, or log in anew")
	case errors.As(err, &busy):
		f.Class = helpers.Temporary
		say(busy.Error())
	case errors.Is(err, cache.ErrTooLate):
		f.Class, f.Command = helpers.Temporary, "credential-idcs refresh "+text.Word(profile)
		say(err.Error())
	case errors.As(err, &sealed):
		f.Class, f.Command = unseal(profile, sealed)
		say(sealed.Error())
	case errors.As(err, &means):
		f.Command = limit(err)
		say(means.Error())
	case errors.Is(err, cache.ErrNotFresh):
		f.Class = helpers.Temporary
		say("no fresh token is stored")
	case errors.As(err, &folder):
		if folder.Held() {
			f.Class = helpers.Temporary
		}
		f.Command = repair(err, folder)
		say(folder.Error())
	case errors.As(err, &shared):
		f.Class, f.Command = reaction(profile, shared)
		say(shared.Text)
	case errors.As(err, &clock):
		f.Command = "credential-idcs doctor " + text.Word(profile)
		say(clock.Error())
	default:
		say(err.Error())
	}
	return f
}

// ended says that nothing but a login brings a token, and why; empty: something else may.
func ended(err error) string {
	var (
		spent   *cache.SpentError
		damaged *cache.DamagedError
	)
	switch {
	case errors.Is(err, cache.ErrNothing):
		return "login needed, nothing is stored yet"
	case errors.As(err, &spent):
		return "login needed, the refresh token is spent"
	case errors.Is(err, cache.ErrNoRefresh):
		return "login needed, the token has expired and the login brought no refresh token"
	case errors.Is(err, cache.ErrNoID):
		return "login needed, the ID token has expired and the domain's refresh brings no new one"
	case errors.Is(err, cache.ErrOtherMachine):
		return "login needed, the stored tokens were copied from another machine"
	case errors.Is(err, cache.ErrCopied):
		return "login needed, the token file is a copy, and only the original's refresh token may be sent"
	case errors.As(err, &damaged):
		return "login needed, the token file was damaged and is kept as " + filepath.Base(damaged.Aside)
	}
	return ""
}

// unseal is what a key that can't be had asks for.
func unseal(profile string, e *cache.SealedError) (helpers.Class, string) {
	switch {
	case e.Writing && e.Store == "kernel": // nothing unlocks that
		return helpers.Temporary, "credential-idcs doctor " + text.Word(profile)
	case e.Lost:
		return helpers.LoginNeeded, "credential-idcs login " + text.Word(profile)
	}
	return helpers.Temporary, "credential-idcs unlock"
}

// repair is the command for a cache folder, or a file in it, that can't be used.
func repair(err error, folder *cache.FolderError) string {
	switch {
	case folder.Held():
		return text.WhoHolds()
	case folder.Mode != 0:
		return text.Chmod(folder.Mode, folder.Path)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR), readOnly(err), lockless(err):
		return text.Set("CREDENTIAL_IDCS_CACHE_DIR", "FOLDER")
	case limit(err) != "":
		return limit(err)
	case folder.Full:
		return text.Room(folder.Path)
	}
	return text.Show(folder.Path)
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
func reaction(profile string, f *cache.Failure) (class helpers.Class, command string) {
	class, command = helpers.Internal, "credential-idcs doctor "+text.Word(profile)
	switch f.Class {
	case Configured:
		class = helpers.Profile
	case Login:
		class, command = helpers.LoginNeeded, "credential-idcs login "+text.Word(profile)
	case Later:
		class, command = helpers.Temporary, "credential-idcs refresh "+text.Word(profile)
	}
	return class, cmp.Or(f.Command, command)
}
