package kubectl

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// A list is one of the lists at the top of a kubeconfig.
type list struct {
	doc   *edit.YAML
	key   *yaml.Node // nil: the file has no such list
	value *yaml.Node
}

// open finds a list. Its entries must be mappings with a name; else the error is unclear.
func open(b []byte, name string, unclear error) (list, error) {
	d, err := edit.ParseYAML(b)
	if err != nil {
		return list{}, err
	}
	l := list{doc: d}
	if d.Root == nil {
		return l, nil
	}
	if d.Root.Kind != yaml.MappingNode {
		return l, errNotKubeconfig
	}
	l.key, l.value = edit.Child(d.Root, name)
	if l.key == nil || l.empty() {
		return l, nil
	}
	if l.value.Kind != yaml.SequenceNode {
		return l, unclear
	}
	for _, n := range l.value.Content {
		if n.Kind != yaml.MappingNode || nameOf(n) == "" && !hasName(n) {
			return l, unclear
		}
	}
	return l, nil
}

// empty reports whether the value is null or a list without entries.
func (l list) empty() bool {
	return l.value == nil || len(l.value.Content) == 0 && (l.value.Kind == yaml.SequenceNode || l.value.Kind == yaml.ScalarNode && l.value.ShortTag() == "!!null" || l.value.Kind == yaml.MappingNode)
}

func nameOf(n *yaml.Node) string {
	_, v := edit.Child(n, "name")
	if v == nil || v.Kind != yaml.ScalarNode {
		return ""
	}
	return v.Value
}

func hasName(n *yaml.Node) bool {
	_, v := edit.Child(n, "name")
	return v != nil && v.Kind == yaml.ScalarNode
}

// index is the entry of a name; -1: there is none.
func (l list) index(name string) int {
	if l.value == nil {
		return -1
	}
	return slices.IndexFunc(l.value.Content, func(n *yaml.Node) bool { return hasName(n) && nameOf(n) == name })
}

// flow reports whether new entries must be JSON: the list, or the file if it has no such list, is in flow style.
func (l list) flow() bool {
	if l.key != nil && !l.empty() {
		return edit.IsFlow(l.value)
	}
	return l.doc.Root != nil && edit.IsFlow(l.doc.Root)
}
