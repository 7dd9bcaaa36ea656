package configure

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

const cargoHelper = "cargo-credential-idcs"

const (
	cargoProviders = "registry" + tomlDot + "global-credential-providers"
	cargoMark      = "# written by credential-idcs configure cargo\n"
	cargoList      = `global-credential-providers = ["cargo:token", "` + cargoHelper + `"]` + "\n"
	// cargoLine is our line where there was none. Without one cargo asks cargo:token alone, so that
	// stays, behind us: cargo asks the last one first.
	cargoLine = cargoMark + cargoList
	// cargoTable is the same where there was no table.
	cargoTable = cargoMark + "[registry]\n" + cargoList
)

// Cargo plans us as the last of registry.global-credential-providers in cargo's own file. That is the
// first that cargo asks, for all registries, those that a project's file names included; for those that
// aren't targets it is told to ask the next. A registry that has a credential-provider of its own asks
// that one alone, so where such a registry is a target, another provider is refused.
// https://doc.rust-lang.org/cargo/reference/registry-authentication.html; src/cargo/util/auth/mod.rs of
// https://github.com/rust-lang/cargo.
func Cargo(_ context.Context, env Env, in Request) (Plan, error) {
	if err := env.needOnPath(cargoHelper); err != nil {
		return Plan{}, err
	}
	path, before, err := cargoFile(env)
	if err != nil {
		return Plan{}, err
	}
	after, err := addProvider(before, in)
	var other anotherSetting
	if errors.As(err, &other) {
		return Plan{}, refuse(in.again("cargo"), "%s has another credential-provider for registry %s", clean(path), clean(other.what))
	} else if err != nil {
		return Plan{Print: "[registry]\n" + cargoList},
			refuse("", "%s can't be edited without changing more than our lines (%s); paste the entry by hand", clean(path), err)
	}
	var p Plan
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	const variable = "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS"
	if v := env.get(variable); v != "" && !slices.ContainsFunc(strings.Fields(v), isProvider) {
		p.note("unset "+variable, "the variable %s is set: cargo takes what it holds instead", variable)
	}
	return p, nil
}

// UndoCargo plans the way back: our provider goes, out of the list and of single registries.
func UndoCargo(_ context.Context, env Env, _ Request) (Plan, error) {
	path, before, err := cargoFile(env)
	if err != nil {
		return Plan{}, err
	}
	after, err := dropProvider(before)
	if err != nil {
		return Plan{}, refuse("", "%s can't be edited: %s", clean(path), err)
	}
	var p Plan
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	return p, nil
}

// cargoFile is $CARGO_HOME/config.toml. Where a file without the ending is left from old times, cargo
// takes that one. https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure
func cargoFile(env Env) (path string, content []byte, err error) {
	dir := env.get("CARGO_HOME")
	if dir != "" {
		dir = env.abs(dir)
	} else if dir, err = env.home(".cargo"); err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "config")
	if !exists(path) {
		path += ".toml"
	}
	content, err = read(path)
	return path, content, err
}

func addProvider(b []byte, in Request) ([]byte, error) {
	b, err := ownProviders(b, in)
	if err != nil {
		return nil, err
	}
	d, err := parseTOML(b)
	if err != nil {
		return nil, err
	}
	v := d.value(cargoProviders)
	if v == nil {
		return d.newProviders()
	}
	if v.inline || v.kind != unstable.Array || slices.ContainsFunc(v.items, func(i tomlItem) bool { return !i.isText }) {
		return nil, errors.New("global-credential-providers is no plain list of names")
	}
	if slices.ContainsFunc(v.items, func(i tomlItem) bool { return isProvider(i.text) }) {
		return b, nil
	}
	if len(v.items) == 0 {
		return splice(b, span{v.line.to - 1, v.line.to - 1}, `"`+cargoHelper+`"`), nil
	}
	end := v.items[len(v.items)-1].raw.to
	return splice(b, span{end, end}, `, "`+cargoHelper+`"`), nil
}

// newProviders puts the whole list into the table, or the table to the end.
func (d *tomlDoc) newProviders() ([]byte, error) {
	at, headed := d.tables["registry"]
	for _, v := range d.values {
		if !headed && (v.path == "registry" || strings.HasPrefix(v.path, "registry"+tomlDot)) {
			return nil, errors.New("registry is a table without a header")
		}
	}
	switch {
	case !headed:
		return appendLines(d.b, cargoTable), nil
	case at == len(d.b):
		return appendLines(d.b, cargoLine), nil
	}
	return splice(d.b, span{at, at}, strings.ReplaceAll(cargoLine, "\n", ending(d.b))), nil
}

// ownProviders finds the providers that single registries have, where the registry is a target:
// cargo asks no other.
func ownProviders(b []byte, in Request) ([]byte, error) {
	d, err := parseTOML(b)
	if err != nil {
		return nil, err
	}
	for i := len(d.values) - 1; i >= 0; i-- { // from the end, so that offsets stay
		v := d.values[i]
		parts := strings.Split(v.path, tomlDot)
		if len(parts) != 3 || parts[0] != "registries" || parts[2] != "credential-provider" || ownProvider(v) {
			continue
		}
		index := d.value(tomlPath("registries", parts[1], "index"))
		if index == nil || !in.covers(strings.TrimPrefix(index.text, "sparse+")) {
			continue
		}
		if !in.Overwrite {
			return nil, anotherSetting{parts[1]}
		}
		if v.inline {
			return nil, errors.New("registry " + clean(parts[1]) + " stands on one line")
		}
		b = splice(b, v.line, providerLine)
	}
	return b, nil
}

const providerLine = `credential-provider = "` + cargoHelper + `"`

// ownProvider is whether a registry's own provider is ours: a name, or a list of a name and arguments.
func ownProvider(v tomlValue) bool {
	return v.kind == unstable.String && isProvider(v.text) || len(v.items) > 0 && isProvider(v.items[0].text)
}

// isProvider is whether a provider is this program, under whatever path.
func isProvider(provider string) bool {
	word, _, _ := strings.Cut(provider, " ")
	word = strings.TrimSuffix(filepath.Base(word), ".exe")
	return word == cargoHelper || word == "credential-idcs"
}

func dropProvider(b []byte) ([]byte, error) {
	table := strings.ReplaceAll(cargoTable, "\n", ending(b))
	if i := lineIndex(b, table); i >= 0 && !endsSection(b[i+len(table):]) {
		// Something of the person's has come into our table, so its header stays.
		return dropOwn(splice(b, span{i, i + len(table)}, "[registry]"+ending(b)))
	}
	for _, block := range []string{cargoTable, cargoLine} {
		if rest := cutLines(b, block); len(rest) != len(b) {
			return dropOwn(rest)
		}
	}
	d, err := parseTOML(b)
	if err != nil {
		return nil, err
	}
	v := d.value(cargoProviders)
	if v == nil {
		return dropOwn(b)
	}
	i := slices.IndexFunc(v.items, func(i tomlItem) bool { return isProvider(i.text) })
	if i < 0 {
		return dropOwn(b)
	}
	at := v.items[i].raw
	switch {
	case i > 0:
		at.from = v.items[i-1].raw.to
	case len(v.items) > 1:
		at.to = v.items[1].raw.from
	}
	return dropOwn(splice(b, at, ""))
}

// dropOwn takes our lines out of single registries.
func dropOwn(b []byte) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	d, err := parseTOML(b)
	if err != nil {
		return nil, err
	}
	for i := len(d.values) - 1; i >= 0; i-- {
		v := d.values[i]
		parts := strings.Split(v.path, tomlDot)
		if len(parts) == 3 && parts[0] == "registries" && parts[2] == "credential-provider" && string(b[v.line.from:v.line.to]) == providerLine {
			b = splice(b, span{v.line.from, d.lineEnd(v.line.to)}, "")
		}
	}
	return b, nil
}
