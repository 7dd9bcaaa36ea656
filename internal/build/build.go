// Package build tells what a running program was built from.
package build

import (
	"runtime/debug"
	"strings"
)

// unknown is the version of a build that has none, such as `go build` without git metadata.
const unknown = "(devel)"

// linked is the version that install.sh and a release set with the linker; "" in what `go install` builds.
var linked string

// Version returns the version of the program, such as "0.2.0": the one that the linker has set, else the
// one that `go install MODULE@VERSION` writes into the program.
func Version() string {
	if linked != "" {
		return linked
	}
	info, _ := debug.ReadBuildInfo()
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	if info == nil || info.Main.Version == "" || info.Main.Version == unknown {
		return unknown
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}

// Commit returns the revision that the program was built from, with "+dirty" behind it, as Go's own versions have it, if
// files were changed since; "unknown" without git metadata.
func Commit() string {
	info, _ := debug.ReadBuildInfo()
	return commitOf(info)
}

func commitOf(info *debug.BuildInfo) string {
	commit, dirty := "unknown", ""
	if info == nil {
		return commit
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	return commit + dirty
}
