package git

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// helperValue is what configure writes as helper: our absolute path as PATH has it, links not resolved.
// cron, systemd and programs with windows have another PATH than a shell, and there git would say "git:
// 'credential-idcs' is not a git command". It also spares git a process for each call. portable is
// the name alone, for a file that several machines share.
func helperValue(env tool.Env, portable bool) string {
	if portable {
		return ours
	}
	return escape(filepath.ToSlash(env.Find(gitHelper)))
}

// escape spells a path for the shell to which git hands the value: all but letters, digits and /._-+
// behind a backslash. The colon of a drive stays, or git would not see that the path is absolute.
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

// unescape is the path of such a value.
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

// isWritten reports whether configure writes a value like this: the name, or an absolute path of the
// helper without arguments. What else runs us a person has set.
func isWritten(value string) bool {
	if value == ours {
		return true
	}
	path := unescape(value)
	return filepath.IsAbs(filepath.FromSlash(path)) && strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".exe") == gitHelper && escape(path) == value
}

// gone reports whether a value that configure has written runs a file that isn't there any more.
func gone(value string) bool {
	if value == ours || !isWritten(value) {
		return false
	}
	_, err := os.Stat(filepath.FromSlash(unescape(value)))
	return err != nil
}

// serves reports whether a helper that runs us can stay where want would be written: all that a person
// has set, and another path that is there. Only the name alone gives way to the path.
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

// isOurHelper reports whether a helper is this program: the name, a path of its own name, or a shell's
// line that runs it with the word git.
func isOurHelper(value string) bool {
	words := shellWords(strings.TrimPrefix(value, "!"))
	if len(words) == 0 {
		return false
	}
	word := words[0]
	word = strings.TrimSuffix(word[strings.LastIndexAny(word, `/\`)+1:], ".exe")
	return word == ours || word == gitHelper || word == "credential-idcs" && slices.Contains(words[1:], "git")
}

// shellWords splits a line as a shell does, as far as quotes and backslashes go.
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
