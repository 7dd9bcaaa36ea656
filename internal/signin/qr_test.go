package signin

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// The picture is read back, half block by half block, and held against the modules; the three finder
// patterns and the quiet margin are where a reader looks for them.
func TestTheQRCodeIsWhatWasEncoded(t *testing.T) {
	const address = "https://idcs-00112233445566778899aabbccddeeff.identity.oraclecloud.com/ui/v1/device"
	c, ok := encodeQR(address)
	if !ok {
		t.Fatal("not encoded")
	}
	lines := strings.Split(strings.TrimSuffix(drawQR(address, host.Screen{Terminal: true, Columns: 80, Rows: 24, Blocks: true}), "\n"), "\n")
	side := c.Size + 2*quiet
	if len(lines) != (side+1)/2 {
		t.Fatalf("%d lines for %d modules", len(lines), side)
	}
	black := make([][]bool, 2*len(lines))
	for y, line := range lines {
		line, begins := strings.CutPrefix(line, "\x1b[38;5;16;48;5;231m")
		line, ends := strings.CutSuffix(line, "\x1b[0m")
		if !begins || !ends || len([]rune(line)) != side {
			t.Fatalf("line %d is %q", y, line)
		}
		for _, r := range line {
			black[2*y] = append(black[2*y], r == '█' || r == '▀')
			black[2*y+1] = append(black[2*y+1], r == '█' || r == '▄')
		}
	}
	for y := range black {
		for x := range side {
			inside := x >= quiet && y >= quiet && x < side-quiet && y < side-quiet
			if want := inside && c.Black(x-quiet, y-quiet); black[y][x] != want {
				t.Fatalf("module %d, %d: got %v", x, y, !want)
			}
		}
	}
	for _, corner := range [][2]int{{0, 0}, {c.Size - 7, 0}, {0, c.Size - 7}} {
		for i := range 7 {
			if !black[quiet+corner[1]][quiet+corner[0]+i] || !black[quiet+corner[1]+i][quiet+corner[0]] {
				t.Fatalf("no finder pattern at %v", corner)
			}
		}
	}
}

func TestAQRCodeThatIsTooLongIsLeftOut(t *testing.T) {
	if got := drawQR("https://"+strings.Repeat("x", 5000), host.Screen{Terminal: true, Columns: 9999, Blocks: true}); got != "" {
		t.Errorf("got %d bytes", len(got))
	}
}
