package profile

import (
	"crypto/sha256"
	"encoding/json"
)

// ID is the SHA-256 of everything that decides what the profile says: its rules
// and the limits that zones stand for. A network built for another ID is another network.
func (p *Profile) ID() [32]byte {
	b, err := json.Marshal(struct {
		Rules  rules
		Limits any
	}{p.rules, limitsID()})
	if err != nil {
		panic("profile: rules do not encode: " + err.Error()) // plain strings and numbers always do
	}
	return sha256.Sum256(b)
}

// limitsID is the file of limits, byte for byte.
func limitsID() string {
	b, err := files.ReadFile("limits.yaml")
	if err != nil {
		panic("profile: no limits.yaml in the program: " + err.Error())
	}
	return string(b)
}
