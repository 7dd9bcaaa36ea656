package podman

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
)

// registriesConf has the settings for credentials and TLS in podman's configuration of registries.
// containers-registries.conf(5)
type registriesConf struct {
	helpers   []string // credential-helpers; nil: not set
	helpersIn string   // the file that sets them
	open      []openRegistry
}

// An openRegistry is a registry whose certificate podman doesn't check.
type openRegistry struct{ location, file string }

// inFiles is the name in credential-helpers for the files of podman's own logins, with their credHelpers.
const inFiles = "containers-auth.json"

// readRegistries reads the file and its drop-ins, of which the last counts. A file that can't be read is skipped: podman
// reports it.
func readRegistries(env tool.Env) (c registriesConf) {
	for _, path := range registriesFiles(env) {
		b, err := edit.Read(path)
		if err != nil {
			continue
		}
		d, err := edit.ParseTOML(b)
		if err != nil {
			continue
		}
		if v := d.Value("credential-helpers"); v != nil {
			c.helpers, c.helpersIn = []string{}, path
			for _, i := range v.Items {
				c.helpers = append(c.helpers, i.Text)
			}
		}
		c.open = append(c.open, openRegistries(d, path)...)
	}
	return c
}

func registriesFiles(env tool.Env) []string {
	if path := env.Get("CONTAINERS_REGISTRIES_CONF"); path != "" {
		return []string{env.Abs(path)}
	}
	list := []string{"/etc/containers/registries.conf"}
	folders := []string{"/etc/containers/registries.conf.d"}
	if own, err := env.XDG("XDG_CONFIG_HOME", ".config", "containers", "registries.conf"); err == nil {
		if edit.Exists(own) {
			list = []string{own}
		}
		folders = append(folders, own+".d")
	}
	for _, folder := range folders {
		entries, _ := os.ReadDir(folder) // sorted, as podman reads them
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".conf") {
				list = append(list, filepath.Join(folder, e.Name()))
			}
		}
	}
	return list
}

// openRegistries are the [[registry]] tables with insecure = true.
func openRegistries(d *edit.TOML, path string) (list []openRegistry) {
	places := map[int][]string{} // of each table, its prefix, location and mirrors
	for _, v := range d.Values {
		if v.Path == edit.TOMLPath("registry[]", "location") || v.Path == edit.TOMLPath("registry[]", "prefix") {
			places[v.Table] = append(places[v.Table], v.Text)
		}
	}
	for _, v := range d.Values {
		if v.Path == edit.TOMLPath("registry[]", "insecure") && v.Text == "true" {
			for _, location := range places[v.Table] {
				list = append(list, openRegistry{location, path})
			}
		}
	}
	return list
}

// insecure is the file that turns TLS off for a registry; empty: none does.
func (c registriesConf) insecure(t helpers.Target) string {
	for _, o := range c.open {
		host, _, _ := strings.Cut(o.location, "/")
		if suffix, ok := strings.CutPrefix(host, "*."); ok {
			if strings.HasSuffix(t.HostPort(), "."+suffix) {
				return o.file
			}
			continue
		}
		if named, err := helpers.ParseServer(host); err == nil && named.SameOrigin(t) {
			return o.file
		}
	}
	return ""
}

// skips is why podman doesn't read the files in which helpers are set, and the file with that setting; empty: it does.
func (c registriesConf) skips() (file, why string) {
	if c.helpers == nil || slices.Contains(c.helpers, inFiles) {
		return "", ""
	}
	return c.helpersIn, "podman doesn't read the helpers of its auth.json: credential-helpers in " + tool.Clean(c.helpersIn) + " doesn't list " + inFiles
}
