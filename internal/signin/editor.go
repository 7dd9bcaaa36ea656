package signin

// longestPaste is how many bytes of one line are stored: more than any address in a browser has.
const longestPaste = 64 << 10

// An editor is the line that a person types or pastes. The terminal's own line editor can't be used: it cuts a line at
// 4,095 bytes (N_TTY_BUF_SIZE), and the address of an answer may be longer. An editor has the same keys, and arrows.
type editor struct {
	line   []byte
	cursor int
	escape []byte // the sequence so far, begun by ESC; nil: none
}

// feed takes what was typed and returns the lines that it completed. end: Ctrl-D in an empty line.
func (e *editor) feed(typed []byte) (lines []string, end bool) {
	for _, b := range typed {
		switch {
		case e.escape != nil:
			e.sequence(b)
		case b == '\r' || b == '\n':
			lines = append(lines, string(e.line))
			e.line, e.cursor = e.line[:0], 0
		case b == 0x04 && len(e.line) == 0:
			return lines, true
		default:
			e.key(b)
		}
	}
	return lines, false
}

func (e *editor) key(b byte) {
	switch b {
	case 0x1b:
		e.escape = []byte{}
	case 0x7f, 0x08: // Backspace
		e.remove(e.cursor-1, e.cursor)
	case 0x15: // Ctrl-U
		e.remove(0, e.cursor)
	case 0x0b: // Ctrl-K
		e.remove(e.cursor, len(e.line))
	case 0x17: // Ctrl-W
		from := e.cursor
		for from > 0 && e.line[from-1] == ' ' {
			from--
		}
		for from > 0 && e.line[from-1] != ' ' {
			from--
		}
		e.remove(from, e.cursor)
	case 0x01: // Ctrl-A
		e.cursor = 0
	case 0x05: // Ctrl-E
		e.cursor = len(e.line)
	case 0x02: // Ctrl-B
		e.cursor = max(e.cursor-1, 0)
	case 0x06: // Ctrl-F
		e.cursor = min(e.cursor+1, len(e.line))
	default:
		if b < 0x20 || len(e.line) >= longestPaste {
			return
		}
		e.line = append(e.line, 0)
		copy(e.line[e.cursor+1:], e.line[e.cursor:])
		e.line[e.cursor] = b
		e.cursor++
	}
}

// sequence takes a byte of the sequence behind ESC: "[D", "OD", "[3~". An unknown sequence, such as a mark of a bracketed
// paste, is dropped.
func (e *editor) sequence(b byte) {
	e.escape = append(e.escape, b)
	if len(e.escape) == 1 && (b == '[' || b == 'O') || 0x20 <= b && b < 0x40 && len(e.escape) < 16 {
		return
	}
	switch string(e.escape[1:]) {
	case "D":
		e.cursor = max(e.cursor-1, 0)
	case "C":
		e.cursor = min(e.cursor+1, len(e.line))
	case "H", "1~", "7~":
		e.cursor = 0
	case "F", "4~", "8~":
		e.cursor = len(e.line)
	case "3~":
		e.remove(e.cursor, e.cursor+1)
	}
	e.escape = nil
}

func (e *editor) remove(from, to int) {
	if from, to = max(from, 0), min(to, len(e.line)); from < to {
		e.line = append(e.line[:from], e.line[to:]...)
		e.cursor = from
	}
}

// show is the part of the line around the cursor that fits into so many columns, and how far its end is from the
// cursor. Bytes that aren't printable ASCII are shown as "?": an address has none, and pasted text must not control the
// terminal.
func (e *editor) show(columns int) (shown string, back int) {
	if len(e.line) == 0 {
		return "", 0
	}
	if columns == 0 {
		columns = 80
	}
	width := max(columns-3, 8) // "> " and the cursor behind the last letter
	from := max(0, e.cursor-width)
	to := min(len(e.line), from+width)
	s := append([]byte("> "), e.line[from:to]...)
	for i, b := range s {
		if b < 0x20 || b > 0x7e {
			s[i] = '?'
		}
	}
	return string(s), to - e.cursor
}
