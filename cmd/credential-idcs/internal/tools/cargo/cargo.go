// Package cargo sets cargo up.
package cargo

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/pelletier/go-toml/v2/unstable"
)

const cargoHelper = "cargo-credential-idcs"

const (
	cargoProviders = "registry" + edit.TOMLDot + "global-credential-providers"
	cargoMark      = "# written by credential-idcs configure cargo\n"
	cargoList      = `global-credential-providers = ["cargo:token", "` + cargoHelper + `"]` + "\n"
	// cargoLine is written if there is no such key. cargo:token is cargo's default, so it stays; cargo asks the last one
	// first.
	cargoLine = cargoMark + cargoList
	// cargoTable is written if there is no such table.
	cargoTable = cargoMark + "[registry]\n" + cargoList
)

// Tool is cargo.
type Tool struct{}

// Look reports what Plan and Undo would change, and where cargo sends the token.
func (t Tool) Look(ctx context.Context, s *tool.Survey) {
	tool.LookByPlan(ctx, s, t, "cargo", false)
	elsewhere(s)
}

// Plan plans our helper as the last of registry.global-credential-providers in cargo's own file. cargo asks that one first,
// for all registries, also for those of a project's file; for a registry that is no target our helper makes it ask the
// next. For a registry with a credential-provider of its own cargo asks only that, so if such a registry is a target,
// another provider is refused.
// https://doc.rust-lang.org/cargo/reference/registry-authentication.html; src/cargo/util/auth/mod.rs of
// https://github.com/rust-lang/cargo.
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	if err := env.NeedOnPath(cargoHelper); err != nil {
		return tool.Plan{}, err
	}
	path, before, err := cargoFile(env)
	if err != nil {
		return tool.Plan{}, err
	}
	after, err := addProvider(before, in)
	var other tool.AnotherSetting
	if errors.As(err, &other) {
		return tool.Plan{}, tool.Refuse(in.Again("cargo"), "%s has another credential-provider for registry %s", tool.Clean(path), tool.Clean(other.What))
	} else if err != nil {
		return tool.Plan{Print: "[registry]\n" + cargoList},
			tool.Refuse("", "%s can't be edited without changing more than our lines (%s); paste the entry by hand", tool.Clean(path), err)
	}
	var p tool.Plan
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	const variable = "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS"
	if v := env.Get(variable); v != "" && !slices.ContainsFunc(strings.Fields(v), isProvider) {
		p.Note(text.Unset(variable), "the variable %s is set: cargo takes what it holds instead", variable)
	}
	return p, nil
}

// Undo plans to remove our provider from the list and from single registries.
func (Tool) Undo(_ context.Context, env tool.Env, _ tool.Request) (tool.Plan, error) {
	path, before, err := cargoFile(env)
	if err != nil {
		return tool.Plan{}, err
	}
	after, err := dropProvider(before)
	if err != nil {
		return tool.Plan{}, tool.Refuse("", "%s can't be edited: %s", tool.Clean(path), err)
	}
	var p tool.Plan
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	return p, nil
}

func cargoHome(env tool.Env) (string, error) {
	if dir := env.Get("CARGO_HOME"); dir != "" {
		return env.Abs(dir), nil
	}
	return env.InHome(".cargo")
}

// cargoFile is $CARGO_HOME/config.toml, or the file without the ending of old versions, which cargo prefers if it exists.
// https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure
func cargoFile(env tool.Env) (path string, content []byte, err error) {
	dir, err := cargoHome(env)
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "config")
	if !edit.Exists(path) {
		path += ".toml"
	}
	content, err = tool.Read(path)
	return path, content, err
}

func addProvider(b []byte, in tool.Request) ([]byte, error) {
	b, err := ownProviders(b, in)
	if err != nil {
		return nil, err
	}
	d, err := edit.ParseTOML(b)
	if err != nil {
		return nil, err
	}
	v := d.Value(cargoProviders)
	if v == nil {
		return newProviders(d)
	}
	if v.Inline || v.Kind != unstable.Array || slices.ContainsFunc(v.Items, func(i edit.TOMLItem) bool { return !i.IsText }) {
		return nil, errors.New("global-credential-providers is no plain list of names")
	}
	if slices.ContainsFunc(v.Items, func(i edit.TOMLItem) bool { return isProvider(i.Text) }) {
		return b, nil
	}
	if len(v.Items) == 0 {
		return edit.Splice(b, edit.At(v.Line.To-1, v.Line.To-1), `"`+cargoHelper+`"`), nil
	}
	end := v.Items[len(v.Items)-1].Raw.To
	return edit.Splice(b, edit.At(end, end), `, "`+cargoHelper+`"`), nil
}

// newProviders adds the whole list to the table, or the table to the end.
func newProviders(d *edit.TOML) ([]byte, error) {
	at, headed := d.Tables["registry"]
	for _, v := range d.Values {
		if !headed && (v.Path == "registry" || strings.HasPrefix(v.Path, "registry"+edit.TOMLDot)) {
			return nil, errors.New("registry is a table without a header")
		}
	}
	switch {
	case !headed:
		return edit.AppendLines(d.B, cargoTable), nil
	case at == len(d.B):
		return edit.AppendLines(d.B, cargoLine), nil
	}
	return edit.Splice(d.B, edit.At(at, at), strings.ReplaceAll(cargoLine, "\n", edit.Ending(d.B))), nil
}

// ownProviders finds the providers that single registries have, where the registry is a target:
// cargo asks no other.
func ownProviders(b []byte, in tool.Request) ([]byte, error) {
	d, err := edit.ParseTOML(b)
	if err != nil {
		return nil, err
	}
	for i := len(d.Values) - 1; i >= 0; i-- { // from the end, so that offsets stay
		v := d.Values[i]
		parts := strings.Split(v.Path, edit.TOMLDot)
		if len(parts) != 3 || parts[0] != "registries" || parts[2] != "credential-provider" || ownProvider(v) {
			continue
		}
		index := d.Value(edit.TOMLPath("registries", parts[1], "index"))
		if index == nil || !in.Covers(strings.TrimPrefix(index.Text, "sparse+")) {
			continue
		}
		if !in.Overwrite {
			return nil, tool.AnotherSetting{What: parts[1]}
		}
		if v.Inline {
			return nil, errors.New("registry " + tool.Clean(parts[1]) + " is on one line")
		}
		b = edit.Splice(b, v.Line, providerLine)
	}
	return b, nil
}

const providerLine = `credential-provider = "` + cargoHelper + `"`

// ownProvider reports whether a registry's own provider is ours: a name, or a list of a name and arguments.
func ownProvider(v edit.TOMLValue) bool {
	return v.Kind == unstable.String && isProvider(v.Text) || len(v.Items) > 0 && isProvider(v.Items[0].Text)
}

// isProvider reports whether a provider is this program, under whatever path.
func isProvider(provider string) bool {
	word, _, _ := strings.Cut(provider, " ")
	word = strings.TrimSuffix(filepath.Base(word), ".exe")
	return word == cargoHelper || word == "credential-idcs"
}

func dropProvider(b []byte) ([]byte, error) {
	table := strings.ReplaceAll(cargoTable, "\n", edit.Ending(b))
	if i := edit.LineIndex(b, table); i >= 0 && !edit.EndsSection(b[i+len(table):]) {
		// A person has added something to our table, so its header stays.
		return dropOwn(edit.Splice(b, edit.At(i, i+len(table)), "[registry]"+edit.Ending(b)))
	}
	for _, block := range []string{cargoTable, cargoLine} {
		if rest := edit.CutLines(b, block); len(rest) != len(b) {
			return dropOwn(rest)
		}
	}
	d, err := edit.ParseTOML(b)
	if err != nil {
		return nil, err
	}
	v := d.Value(cargoProviders)
	if v == nil {
		return dropOwn(b)
	}
	i := slices.IndexFunc(v.Items, func(i edit.TOMLItem) bool { return isProvider(i.Text) })
	if i < 0 {
		return dropOwn(b)
	}
	at := v.Items[i].Raw
	switch {
	case i > 0:
		at.From = v.Items[i-1].Raw.To
	case len(v.Items) > 1:
		at.To = v.Items[1].Raw.From
	}
	return dropOwn(edit.Splice(b, at, ""))
}

// dropOwn removes our lines from single registries.
func dropOwn(b []byte) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	d, err := edit.ParseTOML(b)
	if err != nil {
		return nil, err
	}
	for i := len(d.Values) - 1; i >= 0; i-- {
		v := d.Values[i]
		parts := strings.Split(v.Path, edit.TOMLDot)
		if len(parts) == 3 && parts[0] == "registries" && parts[2] == "credential-provider" && string(b[v.Line.From:v.Line.To]) == providerLine {
			b = edit.Splice(b, edit.At(v.Line.From, d.LineEnd(v.Line.To)), "")
		}
	}
	return b, nil
}
