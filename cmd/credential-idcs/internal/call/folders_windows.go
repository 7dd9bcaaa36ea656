package call

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// Windows' own folders of a person, which no variable moves. adrg/xdg finds them as well, but all there are, whenever the
// program starts: that loads shell32.dll and some twenty libraries of windows and pictures with it.

func configHome() string {
	if v := os.Getenv("XDG_CONFIG_HOME"); v != "" {
		return v
	}
	return localData()
}

func cacheHome() string {
	if v := os.Getenv("XDG_CACHE_HOME"); v != "" {
		return v
	}
	return filepath.Join(localData(), "cache")
}

func localData() string {
	if path := known(windows.FOLDERID_LocalAppData); path != "" {
		return path
	}
	return filepath.Join(userHome(), `AppData\Local`)
}

// known is empty where there is no such folder, as for some services.
func known(folder *windows.KNOWNFOLDERID) string {
	path, err := windows.KnownFolderPath(folder, windows.KF_FLAG_DONT_VERIFY)
	if err != nil {
		return ""
	}
	return path
}

func userHome() string {
	path, err := windows.GetCurrentProcessToken().GetUserProfileDirectory()
	if err != nil {
		return os.Getenv("USERPROFILE")
	}
	return path
}

// reloadFolders has nothing to do: each variable is read when it is needed.
func reloadFolders() {}

// UnsetFolders are the variables of the person's folders that aren't set, as services and some shells lack them, with
// what the system has for them: so most tools find the folders, too.
func UnsetFolders(getenv func(string) string) (set []string) {
	for name, folder := range map[string]*windows.KNOWNFOLDERID{"APPDATA": windows.FOLDERID_RoamingAppData, "LOCALAPPDATA": windows.FOLDERID_LocalAppData} {
		if getenv(name) != "" {
			continue
		}
		if path := known(folder); path != "" {
			set = append(set, name+"="+path)
		}
	}
	return set
}
