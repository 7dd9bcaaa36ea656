package policy

import (
	"testing"
	"time"
)

// What a failure costs in silence, from the first in a row to the last, at both ends of the draw.
func TestPauses(t *testing.T) {
	for _, tt := range []struct {
		pause Pause
		after time.Duration // what the domain asked for
		want  []int         // seconds, with the longest draw
		least float64       // of that, with the shortest
	}{
		{NoPause, 0, []int{0, 0}, 1},
		{PauseConnect, 0, []int{5, 10, 20, 30, 30}, 0.5},
		{PauseAnswer, 0, []int{5, 10, 20, 40, 80, 120, 120}, 0.5},
		{PauseClient, 0, []int{60, 60}, 1},
		{PauseAnswer, 7 * time.Second, []int{7, 7}, 1},
		{PauseAnswer, time.Millisecond, []int{1}, 1},
		{PauseClient, time.Hour, []int{300}, 1},
		{NoPause, time.Hour, []int{0}, 1},
		{PauseWay, time.Hour, []int{0}, 1},
	} {
		for row, seconds := range tt.want {
			longest := time.Duration(seconds) * time.Second
			if got := tt.pause.Length(row, tt.after, 1); got != longest {
				t.Errorf("pause %d, row %d, asked %v: %v, want %v", tt.pause, row, tt.after, got, longest)
			}
			if got, want := tt.pause.Length(row, tt.after, 0), time.Duration(tt.least*float64(longest)); got != want {
				t.Errorf("pause %d, row %d, asked %v: %v at least, want %v", tt.pause, row, tt.after, got, want)
			}
		}
	}
}
