package layers

import (
	"fmt"
	"math"

	"github.com/maillage/maillage/internal/gpkg"
)

// From few to many people: ColorBrewer's YlOrRd in five steps (Brewer 2003), readable by colour-blind people.
var fewToMany = []string{"#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"}

// PeopleSteps colours cells by the inhabitants in a field, about a fifth of the
// inhabited ones in each step, with bounds of two digits. inhabited is the counts
// above 0, rising, or their five quintiles; nil without inhabitants.
func PeopleSteps(field string, inhabited []float64) *gpkg.Steps {
	if len(inhabited) == 0 {
		return nil
	}
	steps := &gpkg.Steps{Field: field}
	lower := 0.0
	for k, colour := range fewToMany {
		bound := twoDigits(inhabited[max(0, (k+1)*len(inhabited)/len(fewToMany)-1)])
		step := gpkg.Step{UpTo: bound, Label: fmt.Sprintf("de %v à %s", lower, inhabitants(bound)), Colour: colour}
		switch {
		case k == len(fewToMany)-1:
			step.UpTo, step.Label = 1e300, "plus de "+inhabitants(lower)
		case bound <= lower:
			continue
		case lower == 0:
			step.Label = inhabitants(bound) + " ou moins"
		}
		steps.Steps = append(steps.Steps, step)
		lower = bound
	}
	return steps
}

func inhabitants(n float64) string {
	if n < 2 {
		return fmt.Sprintf("%v habitant", n)
	}
	return fmt.Sprintf("%v habitants", n)
}

func twoDigits(v float64) float64 {
	scale := math.Pow(10, math.Floor(math.Log10(v))-1)
	if scale < 1 {
		return math.Ceil(v)
	}
	return math.Round(v/scale) * scale
}
