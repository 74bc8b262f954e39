package analyses

import "errors"

// ErrParams marks an error in what was asked (an unknown service, a mode, a
// threshold), as opposed to one in answering it: errors.Is(err, ErrParams).
var ErrParams = errors.New("bad parameters")

// ParamError names the parameter at fault and what would be right.
type ParamError struct {
	Param string // as in JSON: service, within
	Err   error
}

func (e *ParamError) Error() string { return e.Param + ": " + e.Err.Error() }
func (e *ParamError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrParams) true.
func (e *ParamError) Is(target error) bool { return target == ErrParams }
