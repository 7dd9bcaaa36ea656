// Package hostile gives the built program what no client of good will gives it: the fuzz targets' corpora
// under the names that clients use, input without an end, signals that make other programs write their memory
// to disk, and files that somebody else has prepared.
package hostile
