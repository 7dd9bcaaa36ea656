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

// The classes of a failure that is stored beside the tokens: how whoever finds it reacts.
const (
	Configured = "configuration" // the client, its key, its scope, the domain's certificate
	Login      = "login"         // a person must log in
	Later      = "later"         // network, rate limit, an answer that is none
	Failed     = "failure"       // an answer that is none of these
)
