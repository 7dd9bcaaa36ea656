package cache

// refused logs why something isn't done.
func (s *System) refused(what string, why error) {
	if s.Log != nil {
		s.Log(what, "why", why)
	}
}

// saved logs what became of a write that must not be lost.
func (s *System) saved(what string, err error) {
	if s.Log == nil {
		return
	}
	if err != nil {
		s.Log("not saved", "what", what, "why", err)
		return
	}
	s.Log("saved", "what", what)
}
