package wire

// An object finds the ends of JSON objects in a stream of bytes, without checking their content: a server's framing may
// be wrong, but an object shows where it ends.
type object struct {
	depth    int
	fresh    bool // only the brace that opens the outermost one was read
	inString bool
	escaped  bool
}

// feed takes the next byte and reports whether it ends an object.
func (o *object) feed(b byte) bool {
	switch {
	case o.escaped:
		o.escaped = false
	case o.inString:
		o.escaped = b == '\\'
		o.inString = b != '"'
	case o.depth == 0:
		if b == '{' {
			o.depth, o.fresh = 1, true
		}
	case o.fresh && b != '"' && b != '}': // no JSON object, unless it is white space
		if b > ' ' && b != '{' {
			o.depth = 0
		}
	case b == '"':
		o.inString, o.fresh = true, false
	case b == '{' || b == '[':
		o.depth++
	case b == '}' || b == ']':
		o.fresh = false
		o.depth--
		return o.depth == 0 && b == '}'
	}
	return false
}

// unfinished reports whether an object was begun and hasn't ended.
func (o *object) unfinished() bool { return o.depth > 0 && !o.fresh }
