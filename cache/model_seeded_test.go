//go:build linux

package cache

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/mutanttest"
)

// A model is worth what it finds. Each of these is a mistake that somebody could make, and did in
// some credential cache or other; the model must break a rule of its own by it, in the casts named.
func TestTheModelFindsSeededBugs(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the package for each bug")
	}
	for _, bug := range []struct {
		name, file, from, to string
		cast                 string // of TestModel: the first that finds it, as -run takes it
		rule                 string // that is broken
	}{
		{"no second look under the lock", "transaction.go",
			"x.old, err = x.d.read(x.name)\n\tif errors.Is(err, errDamaged)", "x.old = x.start\n\tif errors.Is(err, errDamaged)",
			"refresher_refresher.1000", "was presented again, though answered"},
		{"refreshes although another did", "transaction.go",
			"if z == fresh {\n\t\treturn Result{Token: x.old}, nil", "if false {\n\t\treturn Result{Token: x.old}, nil",
			"refresher_refresher.1000", "one expiry cost 2 requests"},
		{"no intent", "beforesend.go",
			"err := x.d.writeState(x.name, s, true)", "err := error(nil)",
			"refresher_refresher.1000", "nothing there says why"},
		{"a refused token is deleted", "outcome.go",
			"func (x *transaction) markSpent() {", "func (x *transaction) markSpent() {\n\t_ = syscall.Unlink(x.d.file(x.name, \".json\"))",
			"refresher_refresher.1000", "the next call fails: nothing is stored yet"},
		{"who is at work isn't asked", "crash.go",
			"if alive && start != \"\" && start == i.Start {\n\t\t\treturn true", "if alive && start != \"\" && start == i.Start {\n\t\t\treturn false",
			"refresher_refresher.7_0_1_0", ""},
		{"what can't be read is deleted", "crash.go",
			"case err != nil:\n\t\treturn Token{}, false, err\n\t}\n\tif n.pre", "case err != nil:\n\t\treturn Token{}, false, d.dropOrphan(name)\n\t}\n\tif n.pre",
			"refresher_refresher.5_1_0_1", "was presented again"},
		{"a copy is no copy", "call.go",
			"!c.foreign(t) && !t.copied &&", "!c.foreign(t) &&",
			"refresher_refresher.5_1_0_1", "is a copy's"},
		{"erase saves what it read long ago", "drop.go",
			"if !h.same() || !d.readState(name).same(seen) {", "if false {",
			"erase_refresher", "nothing there says why"},
		{"a refresh overwrites a login", "outcome.go",
			"if newer, ok := x.replaced(); ok { // a login came", "if newer, ok := x.replaced(); ok && false { // a login came",
			"login_refresher.7_0_1_0", "the login's tokens are gone"},
	} {
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			out := mutanttest.Mutant{File: bug.file, From: bug.from, To: bug.to}.Test(t, "-run", "TestModel/"+bug.cast)
			if !strings.Contains(out, "--- FAIL: TestModel/") || !strings.Contains(out, bug.rule) {
				t.Errorf("want a broken rule %q:\n%s", bug.rule, out)
			}
		})
	}
}
