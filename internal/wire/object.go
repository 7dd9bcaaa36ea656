package wire

// An object finds the ends of the JSON objects in what comes byte by byte, without judging their
// content: a server's own framing may be wrong, but an object shows its own end.
type object struct {
	depth    int
	fresh    bool // behind the brace that opens the outermost one
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
	case o.fresh && b != '"' && b != '}': // not one of JSON's, unless white space follows
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
