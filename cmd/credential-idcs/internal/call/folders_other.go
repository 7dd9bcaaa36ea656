//go:build (!unix && !windows) || darwin

package call

import "github.com/adrg/xdg"

func configHome() string { return xdg.ConfigHome }

func cacheHome() string { return xdg.CacheHome }

func userHome() string { return xdg.Home }

// reloadFolders makes xdg read the variables anew.
func reloadFolders() { xdg.Reload() }
