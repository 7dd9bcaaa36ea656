package configure

import (
	"bytes"
	"errors"
	"strings"
)

// The two names in the files of docker and podman that matter here: https://github.com/docker/cli
// (cli/config/configfile), containers-auth.json(5). Never touched: credsStore, which would send the
// passwords of all registries to us.
const (
	credHelpers = "credHelpers"
	ours        = "idcs"
)

// otherHelper is another helper that a host has.
type otherHelper struct{ name string }

func (e otherHelper) Error() string { return "another helper" }

// addHelper sets credHelpers[host] = "idcs". b is nil where there is no file.
func addHelper(b []byte, host string, overwrite bool) ([]byte, error) {
	if blank(b) {
		return append(bytes.Clone(b), freshHelpers(b, []string{host})...), nil
	}
	d := jsonDoc{b}
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	if err := oneSpelling(root); err != nil {
		return nil, err
	}
	at := root.index(credHelpers)
	if at < 0 {
		return d.add(root, credHelpers, d.nested(root, host, `"`+ours+`"`), "").b, nil
	}
	if !root.members[at].isObject {
		return nil, errNotObject
	}
	helpers, err := d.object(root.members[at].value.from)
	if err != nil {
		return nil, err
	}
	i := helpers.index(host)
	if i < 0 {
		// The space says that the object was there before us: see dropHelper.
		return d.add(helpers, host, `"`+ours+`"`, " ").b, nil
	}
	switch name, isText := d.text(helpers.members[i]); {
	case name == ours:
		return b, nil
	case !overwrite && isText:
		return nil, otherHelper{name}
	case !overwrite:
		return nil, otherHelper{"something that is no name"}
	}
	return d.splice(helpers.members[i].value, `"`+ours+`"`).b, nil
}

// freshHelpers is a whole file; with a last line break where there was no file, and without where
// there was one of nothing but space, so that dropHelpers can tell.
func freshHelpers(before []byte, hosts []string) []byte {
	var s strings.Builder
	s.WriteString("{\n\t\"" + credHelpers + "\": {")
	for i, h := range hosts {
		if i > 0 {
			s.WriteByte(',')
		}
		s.WriteString("\n\t\t" + jsonString(h) + ": \"" + ours + "\"")
	}
	s.WriteString("\n\t}\n}")
	if before == nil {
		s.WriteByte('\n')
	}
	return []byte(s.String())
}

// dropHelper takes credHelpers[host] away if it is ours, and credHelpers with its last member, if
// we made it. What we add to an empty object stands behind one space, and that is left empty.
func dropHelper(b []byte, host string) ([]byte, error) {
	if blank(b) {
		return b, nil
	}
	d := jsonDoc{b}
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	at := root.index(credHelpers)
	if at < 0 || !root.members[at].isObject {
		return b, nil
	}
	helpers, err := d.object(root.members[at].value.from)
	if err != nil {
		return nil, err
	}
	i := helpers.index(host)
	if i < 0 {
		return b, nil
	}
	if name, _ := d.text(helpers.members[i]); name != ours {
		return b, nil
	}
	if len(helpers.members) > 1 {
		return d.drop(helpers, i).b, nil
	}
	if d.spaceBefore(helpers, 0) == " " {
		return d.splice(span{helpers.from + 1, helpers.members[0].value.to}, "").b, nil
	}
	// A file of ours alone goes, or is as empty as it was.
	if fresh := freshHelpers(nil, []string{host}); bytes.Equal(b, fresh) {
		return nil, nil
	} else if rest, ok := bytes.CutSuffix(b, fresh[:len(fresh)-1]); ok && blank(rest) {
		return rest, nil
	}
	return d.drop(root, at).b, nil
}

// oneSpelling refuses a name that differs from ours in case only: Go's decoder, which docker and
// podman use, takes both for the same.
func oneSpelling(root object) error {
	for _, m := range root.members {
		if m.name != credHelpers && strings.EqualFold(m.name, credHelpers) {
			return errors.New("it has " + credHelpers + " in another spelling")
		}
	}
	return nil
}

// hideSecrets replaces the values that may hold passwords: of all members but credHelpers and
// those that are known to be harmless.
func hideSecrets(b []byte) []byte {
	d := jsonDoc{b}
	root, err := d.root()
	if err != nil {
		return nil // nothing is ever planned for such a file
	}
	for i := len(root.members) - 1; i >= 0; i-- {
		switch m := root.members[i]; m.name {
		case credHelpers, "credsStore", "currentContext", "detachKeys", "stackOrchestrator", "plugins", "aliases", "features":
		default:
			d = d.splice(m.value, `"(hidden)"`)
		}
	}
	return d.b
}
