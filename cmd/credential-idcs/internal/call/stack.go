package call

// growStack makes the stack as large as an answer needs, in one step. By itself it would double twice on the
// way there, and each time Go walks and copies it: 11 page faults of 340.
//
//go:noinline
func growStack(write bool) {
	if write { // never: a function gets room for all its variables when it is called
		var frame [8 << 10]byte
		hold(&frame)
	}
}

//go:noinline
func hold(*[8 << 10]byte) {}
