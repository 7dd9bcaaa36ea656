package newprofile

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/helpers"
)

// ErrByHand says that the profile is written in a way that can't be edited here.
var ErrByHand = errors.New("the profile is not a table with a header and a plain list of targets; edit it by hand")

// A TargetEdit adds a target to a profile, or removes it.
type TargetEdit struct {
	Profile string
	Target  helpers.Target
	Tools   []string // what it is for; none: all. Ignored by Remove
}

// Add returns a configuration with the target added, and its tools. A target that is there already stays.
func (t TargetEdit) Add(b []byte) ([]byte, error) {
	d, err := edit.ParseTOML(b)
	if err != nil {
		return nil, err
	}
	list := d.Value(edit.TOMLPath("profiles", t.Profile, "targets"))
	header, headed := d.Tables[edit.TOMLPath("profiles", t.Profile)]
	quoted := edit.JSONString(t.Target.String()) // of printable ASCII, so TOML reads it too
	switch {
	case !headed || list != nil && list.Inline:
		return nil, ErrByHand
	case list == nil:
		b = edit.Splice(b, edit.At(header, header), lineEnd(b, header)+"targets = ["+quoted+"]"+edit.Ending(b))
	case slices.ContainsFunc(list.Items, t.is):
	default:
		b = appendItem(d, list, quoted)
	}
	if len(t.Tools) == 0 {
		return b, nil
	}
	return t.setTools(b)
}

// lineEnd is the line break that is missing at the end of b, if at is there.
func lineEnd(b []byte, at int) string {
	if at == len(b) && !bytes.HasSuffix(b, []byte("\n")) {
		return edit.Ending(b)
	}
	return ""
}

func (t TargetEdit) is(i edit.TOMLItem) bool {
	u, err := helpers.ParseTarget(i.Text)
	return err == nil && u == t.Target
}

// appendItem puts an element behind the last one, on a line of its own if that has one.
func appendItem(d *edit.TOML, list *edit.TOMLValue, item string) []byte {
	if len(list.Items) == 0 {
		return edit.Splice(d.B, edit.At(list.Line.To-1, list.Line.To-1), item)
	}
	last := list.Items[len(list.Items)-1].Raw
	start := bytes.LastIndexByte(d.B[:last.From], '\n') + 1
	indent := string(d.B[start:last.From])
	if strings.Trim(indent, " \t") != "" { // all on one line
		return edit.Splice(d.B, edit.At(last.To, last.To), ", "+item)
	}
	comma := bytes.HasPrefix(bytes.TrimLeft(d.B[last.To:], " \t"), []byte(","))
	if comma {
		item += ","
	}
	end := last.To // of the line, with a comment that belongs to the last element
	for end < list.Line.To-1 && d.B[end] != '\n' {
		end++
	}
	if end == list.Line.To-1 { // the bracket is on the same line
		return edit.Splice(d.B, edit.At(last.To, last.To), ","+edit.Ending(d.B)+indent+strings.TrimSuffix(item, ","))
	}
	out := edit.Splice(d.B, edit.At(end+1, end+1), indent+item+edit.Ending(d.B))
	if !comma {
		out = edit.Splice(out, edit.At(last.To, last.To), ",")
	}
	return out
}

// own is the path of the target's own table, as the file spells it; empty: it has none.
func (t TargetEdit) own(d *edit.TOML) string {
	prefix := edit.TOMLPath("profiles", t.Profile, "target") + edit.TOMLDot
	for path := range d.Tables {
		if url, ok := strings.CutPrefix(path, prefix); ok && t.is(edit.TOMLItem{Text: url}) {
			return path
		}
	}
	return ""
}

func (t TargetEdit) setTools(b []byte) ([]byte, error) {
	d, err := edit.ParseTOML(b)
	if err != nil {
		return nil, err
	}
	line := toolsLine(t.Tools)
	own := t.own(d)
	if own == "" {
		end := edit.Ending(b)
		header := "[profiles." + key(t.Profile) + ".target." + edit.JSONString(t.Target.String()) + "]"
		return append(bytes.Clone(b), lineEnd(b, len(b))+end+header+end+line+end...), nil
	}
	if v := d.Value(own + edit.TOMLDot + "tools"); v != nil {
		return edit.Splice(b, v.Line, line), nil
	}
	at := d.Tables[own]
	return edit.Splice(b, edit.At(at, at), lineEnd(b, at)+line+edit.Ending(b)), nil
}

// toolsLine is the line of the key tools, without its end.
func toolsLine(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return "tools = [" + strings.Join(quoted, ", ") + "]"
}

// ownLine is the line of an element, if nothing but its comma and its comment is on it.
func ownLine(b []byte, at edit.Span) (line edit.Span, alone bool) {
	line = edit.At(bytes.LastIndexByte(b[:at.From], '\n')+1, at.To)
	for line.To < len(b) && b[line.To] != '\n' {
		line.To++
	}
	behind := strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(string(b[at.To:line.To]), " \t"), ","), " \t\r")
	if strings.Trim(string(b[line.From:at.From]), " \t") != "" || behind != "" && behind[0] != '#' || line.To == len(b) {
		return line, false
	}
	line.To++
	return line, true
}

// Remove returns a configuration without the target and its own table. Comments stay.
func (t TargetEdit) Remove(b []byte) ([]byte, error) {
	d, err := edit.ParseTOML(b)
	if err != nil {
		return nil, err
	}
	list := d.Value(edit.TOMLPath("profiles", t.Profile, "targets"))
	if list == nil || list.Inline {
		return nil, ErrByHand
	}
	// The table first: it is behind the list, so offsets stay.
	out := b
	if own := t.own(d); own != "" {
		from, to := d.Tables[own], d.Tables[own]
		for from > 0 && (from == d.Tables[own] || b[from-1] != '\n') {
			from--
		}
		for _, v := range d.Values {
			if v.Under == own {
				to = max(to, d.LineEnd(v.Line.To))
			}
		}
		if from < list.Line.To {
			return nil, ErrByHand
		}
		if end := edit.Ending(b); bytes.HasSuffix(b[:from], []byte(end+end)) && to == len(b) {
			from = len(bytes.TrimRight(b[:from], "\r\n")) + len(end) // the blank line that came with it
		}
		out = edit.Splice(out, edit.At(from, to), "")
	}
	i := slices.IndexFunc(list.Items, t.is)
	if i < 0 {
		return out, nil
	}
	at := list.Items[i].Raw
	if line, alone := ownLine(out, at); alone {
		return edit.Splice(out, line, ""), nil
	}
	switch {
	case i+1 < len(list.Items):
		at.To = list.Items[i+1].Raw.From
	case i > 0:
		at.From = list.Items[i-1].Raw.To
	}
	return edit.Splice(out, at, ""), nil
}
