package geodata

import "fmt"

// Rule is the statistical secrecy a set of counts is under (METHODS,
// "Statistical secrecy"). The zero Rule is public: whoever published the counts
// has protected them already.
type Rule struct {
	// Minimum is the fewest that anything told may be about; 0 for public counts.
	// INSEE's is 11 households.
	Minimum int
	// Of is the column that Minimum counts: men for households, ind for people.
	Of string
	// Key is known to the owner of the counts only: with it, anybody could undo
	// what protects them. It is part of no output.
	Key string `json:"-"`
}

// Public says that the counts need no protection.
func (r Rule) Public() bool { return r.Minimum == 0 }

// MinKey is the fewest characters of a Rule's key.
const MinKey = 16

func (r Rule) check(p *Population) error {
	if r == (Rule{}) {
		return nil
	}
	if r.Minimum < 2 {
		return fmt.Errorf("secrecy: a minimum of %d: want at least 2, such as INSEE's 11 households", r.Minimum)
	}
	if len(r.Key) < MinKey {
		return fmt.Errorf("secrecy: a key of %d characters: want at least %d, known to the owner of the counts only", len(r.Key), MinKey)
	}
	if _, ok := p.Column(r.Of); !ok {
		return fmt.Errorf("secrecy: the minimum counts column %q, which is not there", r.Of)
	}
	return nil
}
