package docker

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// The key and the value in the files of docker and podman: https://github.com/docker/cli (cli/config/configfile),
// containers-auth.json(5). credsStore is never changed: with it the passwords of all registries would be sent to us.
const (
	credHelpers = "credHelpers"
	ours        = "idcs"
)

// otherHelper is another helper that a host has.
type otherHelper struct{ name string }

func (e otherHelper) Error() string { return "another helper" }

// addHelper sets credHelpers[host] = "idcs". b is nil where there is no file.
func addHelper(b []byte, host string, overwrite bool) ([]byte, error) {
	if edit.Blank(b) {
		return append(bytes.Clone(b), freshHelpers(b, []string{host})...), nil
	}
	d := edit.JSON{B: b}
	root, err := d.Root()
	if err != nil {
		return nil, err
	}
	if err := oneSpelling(root); err != nil {
		return nil, err
	}
	at := root.Index(credHelpers)
	if at < 0 {
		return d.Add(root, credHelpers, d.Nested(root, host, `"`+ours+`"`), "").B, nil
	}
	if !root.Members[at].IsObject {
		return nil, edit.ErrNotObject
	}
	helpers, err := d.Object(root.Members[at].Value.From)
	if err != nil {
		return nil, err
	}
	i := helpers.Index(host)
	if i < 0 {
		// The space says that the object was there before us: see dropHelper.
		return d.Add(helpers, host, `"`+ours+`"`, " ").B, nil
	}
	switch name, isText := d.Text(helpers.Members[i]); {
	case name == ours:
		return b, nil
	case !overwrite && isText:
		return nil, otherHelper{name}
	case !overwrite:
		return nil, otherHelper{"something that is no name"}
	}
	return d.Splice(helpers.Members[i].Value, `"`+ours+`"`).B, nil
}

// freshHelpers is a whole file. It ends in a line break if there was no file, and without one if there was a blank file,
// by which dropHelper tells them apart.
func freshHelpers(before []byte, hosts []string) []byte {
	var s strings.Builder
	s.WriteString("{\n\t\"" + credHelpers + "\": {")
	for i, h := range hosts {
		if i > 0 {
			s.WriteByte(',')
		}
		s.WriteString("\n\t\t" + edit.JSONString(h) + ": \"" + ours + "\"")
	}
	s.WriteString("\n\t}\n}")
	if before == nil {
		s.WriteByte('\n')
	}
	return []byte(s.String())
}

// dropHelper removes credHelpers[host] if it is ours, and credHelpers with its last member, if we made it. A member that
// we added to an empty object has one space before it; then the object stays, empty.
func dropHelper(b []byte, host string) ([]byte, error) {
	if edit.Blank(b) {
		return b, nil
	}
	d := edit.JSON{B: b}
	root, err := d.Root()
	if err != nil {
		return nil, err
	}
	at := root.Index(credHelpers)
	if at < 0 || !root.Members[at].IsObject {
		return b, nil
	}
	helpers, err := d.Object(root.Members[at].Value.From)
	if err != nil {
		return nil, err
	}
	i := helpers.Index(host)
	if i < 0 {
		return b, nil
	}
	if name, _ := d.Text(helpers.Members[i]); name != ours {
		return b, nil
	}
	if len(helpers.Members) > 1 {
		return d.Drop(helpers, i).B, nil
	}
	if d.SpaceBefore(helpers, 0) == " " {
		return d.Splice(edit.Span{From: helpers.From + 1, To: helpers.Members[0].Value.To}, "").B, nil
	}
	// A file that has nothing else is removed, or becomes blank as it was.
	if fresh := freshHelpers(nil, []string{host}); bytes.Equal(b, fresh) {
		return nil, nil
	} else if rest, ok := bytes.CutSuffix(b, fresh[:len(fresh)-1]); ok && edit.Blank(rest) {
		return rest, nil
	}
	return d.Drop(root, at).B, nil
}

// oneSpelling refuses a key that differs from credHelpers only in case: for Go's decoder, which docker and podman use, both
// are the same.
func oneSpelling(root edit.Object) error {
	for _, m := range root.Members {
		if m.Name != credHelpers && strings.EqualFold(m.Name, credHelpers) {
			return errors.New("it has " + credHelpers + " in another spelling")
		}
	}
	return nil
}

// hideSecrets replaces the values that may have passwords: those of all members but credHelpers and some that are known to
// be harmless.
func hideSecrets(b []byte) []byte {
	d := edit.JSON{B: b}
	root, err := d.Root()
	if err != nil {
		return nil // nothing is ever planned for such a file
	}
	for i := len(root.Members) - 1; i >= 0; i-- {
		switch m := root.Members[i]; m.Name {
		case credHelpers, "credsStore", "currentContext", "detachKeys", "stackOrchestrator", "plugins", "aliases", "features":
		default:
			d = d.Splice(m.Value, `"(hidden)"`)
		}
	}
	return d.B
}

// engineList are the insecure-registries of docker's daemon.json.
func engineList(b []byte) []string {
	var engine struct {
		Insecure []string `json:"insecure-registries"`
	}
	_ = json.Unmarshal(b, &engine) // what isn't JSON has none
	return engine.Insecure
}
