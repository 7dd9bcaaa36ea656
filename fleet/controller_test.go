package fleet

import (
	"strings"
	"testing"
	"time"
)

func TestWarnings(t *testing.T) {
	pubs := make([]Publication, 200)
	for i := range pubs {
		pubs[i].Profile = "ci"
	}
	c := &Controller{Lost: 64 * time.Second, Publications: pubs}
	for _, tt := range []struct {
		life  time.Duration
		bytes int
		want  string
	}{
		{time.Hour, 4 << 10, ""},
		{255 * time.Second, 4 << 10, "too short to outlive a lost leader"},
		{9 * time.Minute, 4 << 10, "who reads it late has little left"},
		{time.Hour, 32 << 10, "a token of 32 KiB lies in 200 Secrets"},
	} {
		s := State{Life: tt.life, Access: text(strings.Repeat("x", tt.bytes))}
		if _, got := c.warn(&s, "ci"); got != tt.want && (tt.want == "" || !strings.Contains(got, tt.want)) {
			t.Errorf("life %v, %d bytes: %q", tt.life, tt.bytes, got)
		}
	}
}
