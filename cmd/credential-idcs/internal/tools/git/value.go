package git

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// helperValue is the value of helper that configure writes: our absolute path in PATH, links not resolved. cron, systemd
// and graphical programs have another PATH than a shell, and there git would print "git: 'credential-idcs' is not a git
// command". It also saves git a process for each call. portable is the name alone, for a file that several machines share.
func helperValue(env tool.Env, portable bool) string {
	if portable {
		return ours
	}
	return escape(filepath.ToSlash(env.Find(gitHelper)))
}

// escape quotes a path for the shell that git runs: all but letters, digits and /._-+ get a backslash. The colon of a drive
// gets none, or git would not see that the path is absolute.
func escape(path string) string {
	var b strings.Builder
	for _, r := range path {
		plain := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-+", r) || r == ':' && runtime.GOOS == "windows"
		if !plain {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unescape is the reverse of escape.
func unescape(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) {
			i++
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

// isWritten reports whether configure may have written a value: the name, or an absolute path of the helper without
// arguments. Any other value that runs us is a person's.
func isWritten(value string) bool {
	if value == ours {
		return true
	}
	path := unescape(value)
	return filepath.IsAbs(filepath.FromSlash(path)) && strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".exe") == gitHelper && escape(path) == value
}

// gone reports whether a value that configure wrote runs a file that doesn't exist any more.
func gone(value string) bool {
	if value == ours || !isWritten(value) {
		return false
	}
	_, err := os.Stat(filepath.FromSlash(unescape(value)))
	return err != nil
}

// serves reports whether a value that runs us can stay, in place of want: one that a person has set, and another path that
// exists. Only the name alone is replaced by the path.
func serves(value, want string) bool {
	switch {
	case !isOurHelper(value):
		return false
	case value == want:
		return true
	case !isWritten(value):
		return true
	}
	return want != ours && value != ours && !gone(value)
}

// isOurHelper reports whether a value runs this program: the name, a path of the helper, or a shell command that runs
// credential-idcs with the argument git.
func isOurHelper(value string) bool {
	words := shellWords(strings.TrimPrefix(value, "!"))
	if len(words) == 0 {
		return false
	}
	word := tool.ProgramName(words[0])
	return word == ours || word == gitHelper || word == "credential-idcs" && slices.Contains(words[1:], "git")
}

// shellWords splits a line into words as a shell does, with quotes and backslashes.
func shellWords(line string) (words []string) {
	var word []byte
	quote, inside := byte(0), false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(line):
			i++
			word, inside = append(word, line[i]), true
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inside = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n'):
			if inside {
				words = append(words, string(word))
			}
			word, inside = nil, false
		default:
			word, inside = append(word, c), true
		}
	}
	if inside {
		words = append(words, string(word))
	}
	return words
}
