package config

import (
	"runtime"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// sealing reads seal and seal_timeout. They are for the whole file, since there is one key for the cache folder.
func (f *File) sealing(file string, root *table) error {
	mistake := func(n *node, text string) error { return &Error{File: file, Line: n.line, Reason: text} }
	if n := root.get("seal"); n != nil {
		switch n.text {
		case "none":
		case "kernel", "keyring":
			if runtime.GOOS != "linux" {
				return mistake(n, "seal: "+quote(n.text)+` is Linux's; use "none" here`)
			}
			f.Seal = n.text
		default:
			return mistake(n, "seal must be "+text.List([]string{quote("none"), quote("kernel"), quote("keyring")}, "or"))
		}
	}
	n := root.get("seal_timeout")
	if n == nil {
		return nil
	}
	if f.Seal == "" {
		return mistake(n, `seal_timeout goes with seal = "kernel" or "keyring"`)
	}
	d, err := time.ParseDuration(n.text)
	if err != nil || d < time.Minute || d > maxSealTimeout || d%time.Second != 0 {
		return mistake(n, "seal_timeout must be a duration from 1m to 8760h, such as 8h")
	}
	f.SealTimeout = d
	return nil
}

// maxSealTimeout is a year: the kernel counts seconds in 32 bits.
const maxSealTimeout = 8760 * time.Hour
