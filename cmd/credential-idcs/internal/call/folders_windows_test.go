package call

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Folders come from Windows, and no variable of its own moves them; what isn't set is told to tools.
func TestTheFoldersAreWindowsOwn(t *testing.T) {
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, "")
	}
	config, cache, home := configHome(), cacheHome(), userHome()
	for _, name := range []string{"LOCALAPPDATA", "APPDATA", "USERPROFILE", "HOME"} {
		t.Setenv(name, `Q:\elsewhere`)
	}
	if !filepath.IsAbs(config) || cache != filepath.Join(config, "cache") || !strings.HasPrefix(config, home) {
		t.Errorf("%s, %s, %s", config, cache, home)
	}
	if configHome() != config || cacheHome() != cache || userHome() != home {
		t.Errorf("with variables: %s, %s, %s", configHome(), cacheHome(), userHome())
	}
	t.Setenv("XDG_CONFIG_HOME", `Q:\conf`)
	if configHome() != `Q:\conf` {
		t.Errorf("chosen: %s", configHome())
	}
	set := UnsetFolders(func(name string) string { return map[string]string{"APPDATA": "x"}[name] })
	if !slices.Equal(set, []string{"LOCALAPPDATA=" + config}) {
		t.Errorf("got %q", set)
	}
}
