package idcstest

// TB is what Start needs of a *testing.T. The package doesn't import testing, because the demo links
// it.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	TempDir() string
}

// Start is New for a test: ca.pem lies in a temporary folder, and the end of the test closes the
// domain, fails the test for each broken invariant, and prints the journal of a test that failed.
func Start(t TB, o Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := New(o)
	if err != nil {
		t.Fatalf("idcstest: %v", err)
	}
	t.Cleanup(func() {
		t.Helper()
		_ = s.Close() // its error is the list that follows
		for _, broken := range s.Broken() {
			t.Errorf("idcstest: %s", broken)
		}
		if t.Failed() {
			t.Logf("the domain's journal:\n%s", s.JournalText())
		}
	})
	return s
}
