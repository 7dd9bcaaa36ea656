package signin

import (
	"strings"

	"rsc.io/qr/coding"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// quiet is the margin in modules. The standard demands 4, but readers accept 2, and a domain's address then fits on 24
// rows.
const quiet = 2

// drawQR is a QR code of half blocks, two modules a character, or empty if the screen has no room. It sets its colours:
// on a dark terminal it would otherwise be inverted, which many readers refuse.
//
// Of rsc.io/qr only the coding is linked, not the images: 4 µs at start-up, 40 KB.
func drawQR(s string, on host.Screen) string {
	if !on.Terminal || !on.Blocks {
		return ""
	}
	c, ok := encodeQR(s)
	side := c.Size + 2*quiet
	if !ok || on.Columns < side || on.Rows > 0 && on.Rows < (side+1)/2+3 {
		return ""
	}
	black := func(x, y int) bool { return c.Black(x-quiet, y-quiet) } // false outside
	var b strings.Builder
	for y := 0; y < side; y += 2 {
		b.WriteString("\x1b[38;5;16;48;5;231m") // black on white, whatever the palette
		for x := range side {
			switch up, down := black(x, y), black(x, y+1); {
			case up && down:
				b.WriteString("█")
			case up:
				b.WriteString("▀")
			case down:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}

// encodeQR uses the smallest version that s fits into, with the least error correction: a screen isn't damaged as paper
// is.
func encodeQR(s string) (*coding.Code, bool) {
	text := coding.String(s)
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		if text.Bits(v) > v.DataBytes(coding.L)*8 {
			continue
		}
		plan, err := coding.NewPlan(v, coding.L, 0)
		if err != nil {
			return &coding.Code{}, false
		}
		c, err := plan.Encode(text)
		return c, err == nil
	}
	return &coding.Code{}, false
}
