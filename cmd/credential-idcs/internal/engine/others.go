package engine

import (
	"context"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/internal/secretservice"
)

// ForgetOthers deletes what is stored for no profile of the configuration; see cache.Dir.ForgetOthers.
func ForgetOthers(ctx context.Context, a *call.App) (gone []string, err error) {
	dir, keep, err := others(a)
	if err != nil {
		return nil, err
	}
	return dir.ForgetOthers(ctx, keep)
}

// Others are the token files of no profile of the configuration; see cache.Dir.Others.
func Others(a *call.App) (files []string) {
	dir, keep, err := others(a)
	if err != nil {
		return nil
	}
	return dir.Others(keep)
}

// others is the cache folder, and the keys of all profiles in it.
func others(a *call.App) (dir *cache.Dir, keep []cache.Key, err error) {
	path, err := a.CacheDir()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range a.File.Profiles {
		keep = append(keep, call.Keys(p, a.Getenv)...)
		keep = append(keep, call.FormerKey(a.File, p))
	}
	dir, err = cache.Open(path, a.System(&secretservice.Keyring{Getenv: a.Getenv}))
	return dir, keep, err
}
