package tours

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseReturn reads 2h:100, 90m:50, or 25 for all hours that follow.
func ParseReturn(s string) (Return, error) {
	bad := fmt.Errorf("%q: want how long and how many per cent an hour is worth then, such as 2h:100, or 25 for all that follow", s)
	long, percent, some := strings.Cut(strings.TrimSpace(s), ":")
	if !some {
		long, percent = "0m", long
	}
	d, err := time.ParseDuration(long)
	if err != nil || d%time.Minute != 0 || d < 0 || some && d == 0 || d > 14*24*time.Hour {
		return Return{}, bad
	}
	p, err := strconv.Atoi(percent)
	if err != nil || p < 0 || p > 100 {
		return Return{}, bad
	}
	return Return{int(d / time.Minute), p}, nil
}

// String is what ParseReturn reads.
func (r Return) String() string {
	switch {
	case r.Minutes == 0:
		return strconv.Itoa(r.Percent)
	case r.Minutes%60 == 0:
		return fmt.Sprintf("%dh:%d", r.Minutes/60, r.Percent)
	}
	return fmt.Sprintf("%dm:%d", r.Minutes, r.Percent)
}

// MarshalText writes what ParseReturn reads.
func (r Return) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseReturn reads.
func (r *Return) UnmarshalText(b []byte) error {
	v, err := ParseReturn(string(b))
	*r = v
	return err
}
