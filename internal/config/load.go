package config

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
)

// Load is LoadAt without systemd's credentials. home may be empty, if it isn't known.
func Load(path, home string) (*File, error) { return LoadAt(path, Places{Home: home}) }

// LoadAt reads the configuration file at path, which is absolute. A file that isn't there gives a File
// that is Missing.
//
// The error is a *FileError (the file may not be used, see open.go) or an *Error (there is a mistake
// in it).
func LoadAt(path string, at Places) (*File, error) {
	data, err := Path{Written: filepath.Base(path), Full: path}.read(publicRule)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{Path: path, Missing: true}, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := parse(path, data, place{filepath.Dir(path), at})
	if err != nil {
		return nil, err
	}
	f.Path = path
	return f, nil
}

// Check is what would be wrong with the file at path if it had this text. The error is an *Error.
func Check(path string, text []byte, at Places) error {
	_, err := parse(path, text, place{filepath.Dir(path), at})
	return err
}

// parse makes a File of a document. The error is an *Error: the first mistake, first of the
// language, then of keys and types, then of values, then between profiles.
func parse(file string, data []byte, at place) (*File, error) {
	// Windows editors write a byte order mark, which TOML doesn't allow.
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, &Error{File: file, Line: 1, Reason: "is UTF-16; save it as UTF-8"}
	}
	root, err := grow(file, data)
	if err != nil {
		return nil, err
	}
	if err := rootSection.check(file, root); err != nil {
		return nil, err
	}
	f := &File{publish: root.get("publish")}
	if err := f.sealing(file, root); err != nil {
		return nil, err
	}
	if n := root.get("profiles"); n != nil {
		f.Profiles = make([]*Profile, 0, len(n.table.keys))
		for _, name := range n.table.keys {
			b := builder{file: file, at: at, profile: name, table: n.table.get(name).table}
			p, err := b.build()
			if err != nil {
				return nil, err
			}
			f.Profiles = append(f.Profiles, p)
		}
	}
	if n := root.get("default"); n != nil {
		f.Default = n.text
		if f.named(f.Default) == nil {
			return nil, &Error{File: file, Line: n.line, Reason: "default is no profile" + f.known(), Short: len(f.Profiles) == 0}
		}
	}
	return f, nil
}

func (f *File) named(name string) *Profile {
	i := slices.IndexFunc(f.Profiles, func(p *Profile) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return f.Profiles[i]
}

// Names are the names of all profiles, in the order of the file.
func (f *File) Names() []string {
	list := make([]string, len(f.Profiles))
	for i, p := range f.Profiles {
		list[i] = p.Name
	}
	return list
}

// known is the end of a message about a profile that doesn't exist.
func (f *File) known() string {
	if len(f.Profiles) == 0 {
		return ": there is none"
	}
	return "; known: " + names(f.Names())
}
