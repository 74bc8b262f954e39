package ledger

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Defaults of a Request.
const (
	DefaultPriority    = 2
	DefaultTimeout     = time.Hour
	DefaultMaxAttempts = 3
)

// Key is the SHA-256, in hexadecimal, of the question as JSON with sorted names
// and no spaces. The vintage is left out: it says where the snapshot is stored,
// not what it is, so the same snapshot under another name has the same answer.
func (q Question) Key() string {
	q.Vintage = ""
	q.Params, _ = canonical(q.Params)
	q.Part, _ = canonical(q.Part)
	b, err := json.Marshal(q)
	if err != nil { // parameters that are no JSON: Submit refuses them
		b = fmt.Appendf(nil, "%+v", q)
	}
	return hash(b)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// canonical sorts the names of objects, drops spaces and the members of objects
// that are null, and leaves numbers as they are written. Nothing and null are
// both nothing.
func canonical(raw json.RawMessage) (json.RawMessage, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return raw, err
	}
	if d.More() {
		return raw, fmt.Errorf("more than one JSON value")
	}
	if v = withoutNulls(v); v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x = withoutNulls(x); x == nil {
				delete(v, k)
			} else {
				v[k] = x
			}
		}
	case []any:
		for i, x := range v {
			v[i] = withoutNulls(x)
		}
	}
	return v
}

// complete checks a request and fills in the defaults.
func (r Request) complete() (Request, error) {
	for _, f := range []struct{ name, value string }{
		{"analysis", r.Analysis}, {"territory", r.Territory}, {"snapshot", r.Snapshot}, {"version", r.Version},
	} {
		if f.value == "" {
			return r, fmt.Errorf("%w: %s is missing", ErrRequest, f.name)
		}
	}
	var err error
	if r.Params, err = canonical(r.Params); err != nil {
		return r, fmt.Errorf("%w: params: want a JSON object: %w", ErrRequest, err)
	}
	if r.Params == nil {
		r.Params = json.RawMessage("{}")
	}
	if r.Part, err = canonical(r.Part); err != nil {
		return r, fmt.Errorf("%w: part: want a JSON object: %w", ErrRequest, err)
	}
	r.Priority = cmp.Or(r.Priority, DefaultPriority)
	if r.Priority < 1 || r.Priority > 4 {
		return r, fmt.Errorf("%w: priority %d: want 1 (first) to 4", ErrRequest, r.Priority)
	}
	r.Timeout = cmp.Or(r.Timeout, DefaultTimeout)
	if r.Timeout < time.Millisecond {
		return r, fmt.Errorf("%w: timeout %v: want at least a millisecond", ErrRequest, r.Timeout)
	}
	r.MaxAttempts = cmp.Or(r.MaxAttempts, DefaultMaxAttempts)
	if r.MaxAttempts < 1 || r.MaxAttempts > 100 {
		return r, fmt.Errorf("%w: max_attempts %d: want 1 to 100", ErrRequest, r.MaxAttempts)
	}
	r.By, r.Vintage, r.Territory = clean(r.By), clean(r.Vintage), clean(r.Territory)
	return r, nil
}
