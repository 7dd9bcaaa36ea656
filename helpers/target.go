package helpers

// A Target is where a credential may go: an https origin, perhaps with a path.
type Target struct{ host, port, path string }
