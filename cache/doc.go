// Package cache keeps token files and refreshes them.
package cache
