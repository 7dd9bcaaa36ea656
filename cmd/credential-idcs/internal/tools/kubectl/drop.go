package kubectl

import (
	"bytes"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// dropUser removes our entry, and what setUser added around it. An entry of that name that isn't ours stays. The result is
// nil if the file had nothing else.
func dropUser(b []byte, name string) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	l, err := open(b, "users", errUsersStyle)
	if err != nil {
		return nil, err
	}
	i := l.index(name)
	if i < 0 || !isOurs(l.value.Content[i]) {
		return b, nil
	}
	out, err := l.drop(i)
	if err != nil || out == nil {
		return out, err
	}
	return out, sound(b, out, name)
}

func (l list) drop(i int) ([]byte, error) {
	d := l.doc
	if edit.IsFlow(l.value) {
		return l.dropFlow(i)
	}
	if rest, ok := bytes.CutPrefix(d.B, []byte("apiVersion: v1\nkind: Config\nusers:\n- name: ")); ok && len(l.value.Content) == 1 && !bytes.Contains(rest, []byte("\n- ")) && len(d.Root.Content) == 6 {
		return nil, nil // we made the file
	}
	item := d.Items(l.value)[i]
	out := d.ReplaceLines(item.From, item.To, "")
	if len(l.value.Content) > 1 {
		return out, nil
	}
	from, to := d.LineStart(d.Line(d.Start(l.key))), d.LineStart(d.Line(d.Start(l.key))+1)
	line := strings.TrimRight(string(d.B[from:to]), "\r\n")
	mark := strings.TrimLeft(strings.TrimPrefix(line, "users:"), " ")
	word, _, _ := strings.Cut(strings.TrimPrefix(mark, was), " ")
	switch {
	case strings.TrimLeft(line, " ") == addedUsers:
		again, err := edit.ParseYAML(out)
		if err != nil {
			return nil, err
		}
		line := d.Line(d.Start(l.key))
		return again.ReplaceLines(line, line+1, ""), nil
	case strings.HasPrefix(mark, was) && (word == "[]" || word == "{}" || word == "null" || word == "~"):
		at := from + len(line) - len(mark)
		return edit.Splice(out, edit.At(at, at+len(was)), ""), nil
	}
	return out, nil
}

// dropFlow removes an entry of a list in flow style.
func (l list) dropFlow(i int) ([]byte, error) {
	d, n := l.doc, l.value.Content[i]
	from := d.Pos(n)
	to, ok := d.End(n)
	if !ok {
		return nil, errUsersStyle
	}
	if len(l.value.Content) > 1 {
		if i > 0 {
			end, ok := d.End(l.value.Content[i-1])
			if !ok {
				return nil, errUsersStyle
			}
			return edit.Splice(d.B, edit.At(end, to), ""), nil
		}
		return edit.Splice(d.B, edit.At(from, d.Pos(l.value.Content[1])), ""), nil
	}
	// The space before the entry shows what was there: see insert.
	list, end := d.Start(l.value), to+1
	switch before := string(d.B[list+1 : from]); {
	case before == nullMarks["null"] && d.B[to] == ']':
		return edit.Splice(d.B, edit.At(list, end), "null"), nil
	case before == nullMarks[""] && d.B[to] == ']':
		return edit.Splice(d.B, edit.At(list, end), ""), nil
	case before == " " && d.B[to] == ']':
		return edit.Splice(d.B, edit.At(list+1, to), ""), nil
	case before == "" && d.B[to] == ']' && bytes.HasPrefix(d.B[d.Start(d.Root)+1:], []byte(`"users": [`)):
		if rest := d.B[end:]; bytes.HasPrefix(rest, []byte(", ")) {
			end += 2
		}
		return edit.Splice(d.B, edit.At(d.Start(d.Root)+1, end), ""), nil
	}
	return edit.Splice(d.B, edit.At(from, to), ""), nil
}
