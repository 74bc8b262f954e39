package api

import (
	"cmp"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// Mode is a way to travel.
type Mode struct {
	ID    string       `json:"id"`
	Label geodata.Text `json:"label"`
}

var modeLabels = map[string]geodata.Text{
	"car":  {Fr: "en voiture", En: "by car"},
	"bike": {Fr: "à vélo", En: "by bicycle"},
	"foot": {Fr: "à pied", En: "on foot"},
}

// modes lists the profiles there are; one without a label here goes by its id.
func modes() []Mode {
	var out []Mode
	for _, id := range profile.Modes() {
		out = append(out, Mode{id, cmp.Or(modeLabels[id], geodata.Text{Fr: id})})
	}
	return out
}
