package fleet

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/mutanttest"
)

// The model and the figures are worth what they find. Each of these is a mistake that somebody could make.
func TestSeededBugsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the package for each bug")
	}
	for _, bug := range []struct {
		name, file, from, to string
		test                 string // that must fail
	}{
		{"the intent of another isn't waited for", "keeper.go", "if i.same(k.seen) {", "if false {", "TestModel"},
		{"an intent of one's own isn't written", "transaction.go",
			"got, err := x.Store.Swap(ctx, x.snap, s)\n\tif err != nil {\n\t\tx.withdrawIntent", "got, err := x.snap, ctx.Err()\n\tif err != nil {\n\t\tx.withdrawIntent", "TestModel"},
		{"a spent token isn't marked", "failed.go", "if !s.spent() {", "if false {", "TestModel"},
		{"what is owed is forgotten", "failed.go", "x.owe(note)\n", "x.owe(func(s *State) {\n\t\tif false {\n\t\t\tnote(s)\n\t\t}\n\t})\n", "TestModel|TestADoubt"},
		{"a save isn't tried again", "transaction.go", "if !told && !errors.Is(err, ErrConflict) {", "if !errors.Is(err, ErrConflict) {\n\t\t\t\treturn x.snap\n\t\t\t}\n\t\t\tif !told && !errors.Is(err, ErrConflict) {", "TestAnyOneLoss/without_an_API"},
		{"a save overwrites a login", "transaction.go", "if !same && !fresh {", "if !same && !fresh && false {", "TestAnAnswerIsSaved"},
		{"a stopped process sends when it wakes", "transaction.go", "case now.Since(begun) > swapLimit:", "case false:", "TestTheFence"},
		{"a token is due late", "state.go", "return policy.DuePublished(s.Life, s.lot())", "return policy.DuePublished(s.Life, s.lot()) / 2", "TestQuiet"},
		{"the old token is presented again too late", "keeper.go", "left-s.Life/4", "left-s.Life/8", "TestAnyOneLoss"},
		{"a login is seen late", "keeper.go", "max(s.Life/40, shortestLook)", "s.Life", "TestFreshCostsNoWrite|TestLooks"},
		{"the Lease is given away before the work is done", "elect.go",
			"finish()\n\t\t\trelease()", "release()\n\t\t\ttime.Sleep(90 * time.Second)\n\t\t\tfinish()", "TestAnyOneLoss/told"},
		{"an older token overwrites", "publisher.go", "if newer(s.last, token) {", "if false {", "TestALowerGeneration"},
		{"each try is told of", "trouble.go", "if t.open[key] == kind {", "if false {", "TestAFailureIsToldOnce"},
	} {
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			out := mutanttest.Mutant{File: bug.file, From: bug.from, To: bug.to}.Test(t, "-short", "-run", bug.test)
			if !strings.Contains(out, "--- FAIL: ") {
				t.Errorf("not found:\n%s", out)
			}
		})
	}
}
