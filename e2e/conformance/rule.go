package main

import "errors"

// A rule is one row of a protocol's table.
type rule struct {
	name   string // unique within the protocol
	id     string // of credential-idcs' own list of rules
	level  level
	says   string // a sentence about the helper, without its subject
	source string
	check  func(*bench) error // nil: kept; notApplicable; any other: how it was broken
}

type level string

const (
	must   level = "MUST"
	should level = "SHOULD"
)

// notApplicable says why a rule can't be asked of this helper.
type notApplicable string

func (n notApplicable) Error() string { return string(n) }

// An outcome is what became of one rule.
type outcome struct {
	rule    rule
	verdict verdict
	why     string
}

type verdict string

const (
	pass verdict = "pass"
	fail verdict = "FAIL"
	na   verdict = "n/a"
)

// protocols are the tables. Rules that may take a credential away stand last.
var protocols = map[string][]rule{
	"git":    concat(gitAnswers, gitInputs, gitMatches, gitHostile, gitActions, gitStores, gitErases),
	"docker": concat(dockerGets, dockerStores, dockerLists, dockerActions, dockerErases),
}

func concat(tables ...[]rule) (all []rule) {
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

// judge asks all rules of a helper, one after the other.
func judge(b *bench, rules []rule) []outcome {
	outcomes := make([]outcome, len(rules))
	for i, r := range rules {
		outcomes[i] = b.judge(r)
	}
	return outcomes
}

func (b *bench) judge(r rule) outcome {
	defer b.clean()
	err := r.check(b)
	var why notApplicable
	switch {
	case err == nil:
		return outcome{r, pass, ""}
	case errors.As(err, &why):
		return outcome{r, na, string(why)}
	}
	return outcome{r, fail, err.Error()}
}
