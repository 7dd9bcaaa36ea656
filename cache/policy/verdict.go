package policy

// A Verdict says what a failed attempt means for the refresh token that was sent.
type Verdict int

const (
	NotSent Verdict = iota // no byte of the request left
	Settled                // answered; the token was not spent
	Doubt                  // sent, and no answer says whether it was spent
	Spent                  // the domain doesn't accept it any more
)

func (v Verdict) String() string {
	return [...]string{"not sent", "settled", "in doubt", "spent"}[v]
}
