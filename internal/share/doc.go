// Package share opens, replaces and deletes files that another program may have open without sharing them. On Windows
// that keeps everybody else from it, and a virus scanner or a backup does so with any file for a moment. On other
// systems nobody has a file alone, and the functions are those of package os.
package share
