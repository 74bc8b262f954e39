package uncertainty

import (
	"bytes"
	_ "embed" // for the standard deviations
	"math"
	"math/rand/v2"

	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/analyses/traveltime"
)

//go:embed speeds.yaml
var speedsFile []byte

type speeds struct {
	Day     float64            `yaml:"day"`
	Classes map[string]float64 `yaml:"classes"`
	Others  float64            `yaml:"others"`
}

func readSpeeds() (s speeds, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(speedsFile))
	dec.KnownFields(true)
	return s, dec.Decode(&s)
}

// draw is the roadwork of the k-th draw: every class the network has, scaled.
func (s speeds) draw(seed uint64, k int, classes []string) traveltime.Roadwork {
	r := rand.New(rand.NewPCG(seed, uint64(k)))
	day := s.Day / 100 * r.NormFloat64()
	w := traveltime.Roadwork{PerMille: map[string]int{}}
	for _, class := range classes {
		sigma, ok := s.Classes[class]
		if !ok {
			sigma = s.Others
		}
		f := math.Exp(day + sigma/100*r.NormFloat64())
		w.PerMille[class] = min(max(int(math.Round(1000*f)), traveltime.MinPerMille), traveltime.MaxPerMille)
	}
	return w
}
