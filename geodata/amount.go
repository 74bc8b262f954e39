package geodata

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is a number of people, households, places or euros in millionths.
//
// Statistical grids publish decimals (12.5 people) and demand takes shares of
// them (3/4 of the under-fours). Fixed-point integers make every sum exact and
// independent of the order of summation, so that communes add up to their
// territory to the last digit and results do not depend on threads.
type Amount int64

// Unit is one person, household, place or euro.
const Unit Amount = 1_000_000

// MaxAmount bounds one parsed value (2^62 millionths, 4.6e12 units), which
// leaves sums of any real territory far from overflow.
const MaxAmount Amount = 1 << 62

// Whole returns n units.
func Whole(n int64) Amount { return Amount(n) * Unit }

// ErrAmount is the reason a text is not an Amount.
var ErrAmount = errors.New("not a decimal number")

// ParseAmount reads a decimal number exactly, with a point or a comma as the
// decimal mark and optionally an exponent; digits beyond the sixth decimal are
// rounded half away from zero. NaN, infinities and empty text are errors.
func ParseAmount(s string) (Amount, error) {
	t := strings.TrimSpace(s)
	t = strings.Replace(t, ",", ".", 1)
	if t == "" || len(t) > 64 {
		return 0, fmt.Errorf("%w: %q", ErrAmount, s)
	}
	if a, ok := parsePlain(t); ok {
		return a, nil
	}
	return parseBig(s, t)
}

// parsePlain is the common case: a sign, up to 12 digits, up to 6 decimals.
func parsePlain(t string) (Amount, bool) {
	neg := false
	if t[0] == '-' {
		neg, t = true, t[1:]
	}
	whole, frac, _ := strings.Cut(t, ".")
	if whole == "" || len(whole) > 12 || len(frac) > 6 {
		return 0, false
	}
	var v int64
	for _, part := range []string{whole, frac} {
		for i := 0; i < len(part); i++ {
			if part[i] < '0' || part[i] > '9' {
				return 0, false
			}
			v = v*10 + int64(part[i]-'0')
		}
	}
	for i := len(frac); i < 6; i++ {
		v *= 10
	}
	if neg {
		v = -v
	}
	return Amount(v), true
}

func parseBig(s, t string) (Amount, error) {
	// An exponent is bounded first: "1e999999999" must not build a huge number.
	if i := strings.IndexAny(t, "eE"); i >= 0 {
		e, err := strconv.Atoi(t[i+1:])
		if err != nil || e > 30 || e < -60 {
			return 0, fmt.Errorf("%w: %q", ErrAmount, s)
		}
	}
	if strings.ContainsAny(t, "/xXpP_oObB") {
		return 0, fmt.Errorf("%w: %q", ErrAmount, s)
	}
	r, ok := new(big.Rat).SetString(t)
	if !ok {
		return 0, fmt.Errorf("%w: %q", ErrAmount, s)
	}
	r.Mul(r, big.NewRat(int64(Unit), 1))
	n := roundRat(r)
	if n == nil || n.CmpAbs(big.NewInt(int64(MaxAmount))) > 0 {
		return 0, fmt.Errorf("number out of range: %q", s)
	}
	return Amount(n.Int64()), nil
}

// roundRat rounds half away from zero.
func roundRat(r *big.Rat) *big.Int {
	num := new(big.Int).Mul(r.Num(), big.NewInt(2))
	den := r.Denom()
	if num.Sign() < 0 {
		num.Sub(num, den)
	} else {
		num.Add(num, den)
	}
	return num.Quo(num, new(big.Int).Mul(den, big.NewInt(2)))
}

// AmountOf converts a float, rounded to a millionth; NaN, infinite and
// out-of-range values are errors.
func AmountOf(f float64) (Amount, error) {
	v := math.Round(f * float64(Unit))
	if math.IsNaN(v) || math.Abs(v) > float64(MaxAmount) {
		return 0, fmt.Errorf("%w: %v", ErrAmount, f)
	}
	return Amount(v), nil
}

// Float returns the amount in units, for display and export.
func (a Amount) Float() float64 { return float64(a) / float64(Unit) }

// String returns the shortest exact decimal, with a point.
func (a Amount) String() string {
	sign := ""
	u := uint64(a)
	if a < 0 {
		sign, u = "-", uint64(-a)
	}
	s := fmt.Sprintf("%s%d.%06d", sign, u/uint64(Unit), u%uint64(Unit))
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// MarshalJSON writes the exact decimal as a JSON number.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalJSON reads a JSON number.
func (a *Amount) UnmarshalJSON(b []byte) error {
	v, err := ParseAmount(string(b))
	*a = v
	return err
}

// Fraction is an exact share, such as 3/4 of an age band.
type Fraction struct{ Num, Den int64 }

// ParseFraction reads "3/4" or "1"; the value must lie in [0, 1], the denominator in 1..10000.
func ParseFraction(s string) (Fraction, error) {
	ns, ds, found := strings.Cut(strings.TrimSpace(s), "/")
	if !found {
		ds = "1"
	}
	n, err1 := strconv.ParseInt(strings.TrimSpace(ns), 10, 64)
	d, err2 := strconv.ParseInt(strings.TrimSpace(ds), 10, 64)
	if err1 != nil || err2 != nil || d < 1 || d > 10000 || n < 0 || n > d {
		return Fraction{}, fmt.Errorf("not a share between 0 and 1 such as 3/4: %q", s)
	}
	return Fraction{n, d}, nil
}

// String returns "3/4", or "1".
func (f Fraction) String() string {
	if f.Den == 1 {
		return strconv.FormatInt(f.Num, 10)
	}
	return fmt.Sprintf("%d/%d", f.Num, f.Den)
}

// Of returns the share of a non-negative amount, rounded half up to a millionth.
func (f Fraction) Of(a Amount) Amount {
	hi, lo := bits.Mul64(uint64(a), uint64(f.Num))
	lo, carry := bits.Add64(lo, uint64(f.Den)/2, 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(f.Den))
	return Amount(q)
}
