package build

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	for written, want := range map[string]string{
		"v0.2.0": "0.2.0", "v0.2.0-rc.1": "0.2.0-rc.1", "": "(devel)", "(devel)": "(devel)",
		"v0.1.1-0.20261128231512-eb0a2da1b2c3+dirty": "0.1.1-0.20261128231512-eb0a2da1b2c3+dirty",
	} {
		if got := versionOf(&debug.BuildInfo{Main: debug.Module{Version: written}}); got != want {
			t.Errorf("%q is version %q, want %q", written, got, want)
		}
	}
	if got := versionOf(nil); got != "(devel)" {
		t.Errorf("a program without build information has version %q", got)
	}
	linked = "0.2.0"
	defer func() { linked = "" }()
	if got := Version(); got != "0.2.0" {
		t.Errorf("what the linker set is %q", got)
	}
}

func TestCommit(t *testing.T) {
	revision, clean, dirty := debug.BuildSetting{Key: "vcs.revision", Value: "1f0c"}, debug.BuildSetting{Key: "vcs.modified", Value: "false"}, debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for want, settings := range map[string][]debug.BuildSetting{
		"unknown": nil, "1f0c": {revision, clean}, "1f0c+dirty": {revision, dirty},
	} {
		if got := commitOf(&debug.BuildInfo{Settings: settings}); got != want {
			t.Errorf("%v is commit %q, want %q", settings, got, want)
		}
	}
	if got := commitOf(nil); got != "unknown" {
		t.Errorf("a program without build information has commit %q", got)
	}
}
