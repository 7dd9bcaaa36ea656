package docker

import (
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A File is docker's config.json, podman's auth.json, or a text of that form.
type File struct {
	Path      string
	bytes     []byte // nil: there is no file
	helpers   []entry
	auths     []entry
	Store     string // credsStore, docker's file only
	NoHelpers bool   // credHelpers exists and is empty
}

// An entry is a member of credHelpers or auths. Its key may have a spelling of old clients, such as https://HOST/v1/, which
// no client looks up today.
type entry struct {
	key   string
	place helpers.Target // zero: the key is no host
	value string         // of credHelpers; empty: not a text
}

// Read reads a file. Its error is a *helpers.Failure that says why it can't be edited.
func Read(path string) (*File, error) {
	b, err := tool.Read(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(b)
	if err != nil {
		return nil, tool.Refuse(text.Edit(path), "%s can't be read: %s", tool.Clean(path), err)
	}
	f.Path = path
	return f, nil
}

func parse(b []byte) (*File, error) {
	f := &File{bytes: b}
	if edit.Blank(b) {
		return f, nil
	}
	d := edit.JSON{B: b}
	root, err := d.Root()
	if err != nil {
		return nil, err
	}
	if err := oneSpelling(root); err != nil {
		return nil, err
	}
	for _, m := range root.Members {
		switch m.Name {
		case "credsStore":
			f.Store, _ = d.Text(m)
		case credHelpers, "auths":
			if string(b[m.Value.From:m.Value.To]) == "null" {
				continue
			}
			if !m.IsObject {
				return nil, edit.ErrNotObject
			}
			o, err := d.Object(m.Value.From)
			if err != nil {
				return nil, err
			}
			f.NoHelpers = f.NoHelpers || m.Name == credHelpers && len(o.Members) == 0
			if err := f.add(d, m.Name, o); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

func (f *File) add(d edit.JSON, name string, o edit.Object) error {
	for _, m := range o.Members {
		e := entry{key: m.Name}
		if t, err := helpers.ParseServer(strings.TrimPrefix(m.Name, "http://")); err == nil {
			e.place = t
		}
		if name == credHelpers {
			e.value, _ = d.Text(m)
			f.helpers = append(f.helpers, e)
			continue
		}
		// An empty entry, as docker writes after a login with a helper, is no password.
		if m.IsObject {
			if content, err := d.Object(m.Value.From); err != nil || len(content.Members) > 0 {
				f.auths = append(f.auths, e)
			}
		}
	}
	return nil
}

// Key is a registry as in an image's name: clients compare that with the keys of credHelpers as text. A name without a dot
// or a port would be a folder of Docker Hub, so the name of such a registry always has its port.
func Key(t helpers.Target) string {
	host := t.HostPort()
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		host += ":443"
	}
	return host
}

// lookedUp reports whether clients look up a key for a registry: Key, or the host with the port 443.
func lookedUp(key string, t helpers.Target) bool {
	return key == Key(t) || key == t.HostPort()+":443"
}

// Password reports whether the file has a password for a registry.
func (f *File) Password(t helpers.Target) bool {
	return f != nil && slices.ContainsFunc(f.auths, func(e entry) bool { return e.place.SameOrigin(t) && !e.place.IsZero() })
}

// Helper is the helper that clients find for a registry, and its key; empty: none. Of several spellings, one with ours is
// preferred.
func (f *File) Helper(t helpers.Target) (key, helper string) {
	if f == nil {
		return "", ""
	}
	for _, e := range f.helpers {
		if lookedUp(e.key, t) && (helper == "" || e.value == ours) {
			key, helper = e.key, e.value
		}
	}
	return key, helper
}

// Ours reports whether the file has our helper for a registry.
func (f *File) Ours(t helpers.Target) bool {
	_, helper := f.Helper(t)
	return helper == ours
}

// mistaken are keys of ours for a registry that no client looks up.
func (f *File) mistaken(t helpers.Target) (keys []string) {
	for _, e := range f.helpers {
		if e.value == ours && e.place.SameOrigin(t) && !e.place.IsZero() && !lookedUp(e.key, t) {
			keys = append(keys, e.key)
		}
	}
	return keys
}

// former are keys of ours for registries that are no target any more.
func (f *File) former(known []helpers.Target) (keys []string) {
	if f == nil {
		return nil
	}
	for _, e := range f.helpers {
		if e.value == ours && !slices.ContainsFunc(known, func(t helpers.Target) bool { return t.Path() == "" && t.SameOrigin(e.place) }) {
			keys = append(keys, e.key)
		}
	}
	return keys
}
