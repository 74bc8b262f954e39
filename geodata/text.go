package geodata

// Text is a label in the two languages of the interface, French first.
// An empty En falls back to Fr.
type Text struct {
	Fr string `json:"fr" yaml:"fr"`
	En string `json:"en,omitempty" yaml:"en"`
}

// In returns the text in the language ("fr" or "en"); any other language gets French.
func (t Text) In(lang string) string {
	if lang == "en" && t.En != "" {
		return t.En
	}
	return t.Fr
}
