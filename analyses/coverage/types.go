package coverage

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Params is the question: which service, by which mode, within what times.
type Params struct {
	Service  string           `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Mode     string           `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Within   []Threshold      `json:"within" atonce:"12" doc:"thresholds, rising, such as 10m; the service's own when empty"`
	Statuses []geodata.Status `json:"statuses" atonce:"3" doc:"existing, planned, candidate: which facilities count; existing ones when empty"`
	DemandOptions
	SupplyOptions
	Nth           int       `json:"nth,omitempty" doc:"the time to the n-th nearest facility counts, 2 to 16; to the nearest when left out"`
	WithinKm      []float64 `json:"within_km,omitempty" atonce:"12" doc:"thresholds in kilometres by the shortest road, rising, beside those in time"`
	Detailed      bool      `json:"detailed,omitempty" doc:"also the 90th percentile, worst-served tenth and Gini index of times, and rows by living standard, need and intercommunality"`
	Zones         string    `json:"zones,omitempty" doc:"layer of zones to tell apart, such as iris"`
	CompareBorder bool      `json:"compare_border,omitempty" doc:"also with facilities on both sides of the border, and with those inside only"`
}

// DemandOptions are whom to count.
type DemandOptions = demand.Options

// SupplyOptions are which facilities count.
type SupplyOptions = supply.Options

// Threshold is a travel time that is still near enough (the bound is inclusive),
// written as Go writes durations: 10m, 1h30m, 90s.
type Threshold time.Duration

// ParseThreshold reads "10m"; a plain number is refused, because its unit would be a guess.
func ParseThreshold(s string) (Threshold, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || d > 24*time.Hour || d%time.Millisecond != 0 {
		return 0, fmt.Errorf("threshold %q: want a duration with its unit between 1s and 24h, such as 10m", s)
	}
	return Threshold(d), nil
}

// Minutes makes a threshold of whole minutes.
func Minutes(n int) Threshold { return Threshold(time.Duration(n) * time.Minute) }

// String is the short form: 10m, 1h30m, 90s.
func (t Threshold) String() string {
	d := time.Duration(t)
	if d%time.Minute == 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// MarshalText writes the short form.
func (t Threshold) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what ParseThreshold reads.
func (t *Threshold) UnmarshalText(b []byte) error {
	v, err := ParseThreshold(string(b))
	*t = v
	return err
}

// Result is who is reached. All amounts are of the study area.
type Result struct {
	Params    Params          `json:"params"` // complete with defaults
	Service   geodata.Service `json:"service"`
	Estimated bool            `json:"estimated"` // demand rests on bands wider than the target ages
	// Unit and Public say what Demand counts where it is not the people the service is for.
	Unit   string        `json:"unit,omitempty"` // persons when empty
	Public *geodata.Text `json:"public,omitempty"`
	// Facilities are those that count, in the order of their ids.
	Facilities []geodata.Facility `json:"-"`
	// LeftOut counts facilities of the service that do not count, by reason: those
	// of supply.Supply, and off_network.
	LeftOut map[string]int `json:"left_out"`

	Territory Row   `json:"territory"`
	Communes  []Row `json:"communes"` // by code, those of the study area
	Ages      []Row `json:"ages"`     // one per age band of the grid, Demand being the band's people
	Cells     Cells `json:"cells"`

	// The rest is there when it is asked for.
	LivingStandards []Row         `json:"living_standards,omitempty"` // fifths of the people, lowest living standard first
	Needs           []Row         `json:"needs,omitempty"`            // households and people who need more than others
	EPCIs           []Row         `json:"epcis,omitempty"`            // by SIREN, where the study area has several; those without last
	Zones           []Row         `json:"zones,omitempty"`            // by id; those in none last
	BorderEffect    *BorderEffect `json:"border_effect,omitempty"`

	Provenance analyses.Provenance `json:"provenance"`
}

// Row is the coverage of one zone or group.
type Row struct {
	Code       string         `json:"code"` // INSEE code, column name of the age band, or territory id; empty for who is in none
	Name       geodata.Text   `json:"name"`
	Population geodata.Amount `json:"population"` // all people on the grid there
	Demand     geodata.Amount `json:"demand"`     // people the service is for
	// Covered[k] is the demand within Params.Within[k].
	Covered     []geodata.Amount `json:"covered"`
	Unreachable geodata.Amount   `json:"unreachable"` // demand no road leads from
	OffNetwork  geodata.Amount   `json:"off_network"` // demand too far from any road
	Imputed     geodata.Amount   `json:"imputed"`     // demand in cells whose values INSEE imputed
	// Mean and Median are demand-weighted over reached cells, in seconds; null when none is reached.
	Mean   *float64 `json:"mean_seconds"`
	Median *float64 `json:"median_seconds"`

	Unit      string           `json:"unit,omitempty"`       // of Demand, where it is not that of the result
	CoveredKm []geodata.Amount `json:"covered_km,omitempty"` // demand within Params.WithinKm[k]
	Spread    *Spread          `json:"spread,omitempty"`     // with Params.Detailed
}

// BorderEffect is what people gain by crossing the border of the territory.
type BorderEffect struct {
	Crossed Side `json:"crossed"` // facilities on both sides count
	Inside  Side `json:"inside"`  // those inside only
}

// Side is the coverage by one choice of facilities.
type Side struct {
	Facilities int   `json:"facilities"` // that count and are near a road
	Territory  Row   `json:"territory"`
	Communes   []Row `json:"communes"`
}

// ShareKm is Share of CoveredKm.
func (r Row) ShareKm(k int) (share float64, ok bool) {
	if r.Demand == 0 {
		return 0, false
	}
	return r.CoveredKm[k].Float() / r.Demand.Float(), true
}

// Share returns covered demand over demand, 0..1; ok is false without demand.
func (r Row) Share(k int) (share float64, ok bool) {
	if r.Demand == 0 {
		return 0, false
	}
	return r.Covered[k].Float() / r.Demand.Float(), true
}

// MarshalJSON adds the shares in percent, rounded to a hundredth, null without demand.
func (r Row) MarshalJSON() ([]byte, error) {
	type plain Row
	percent := func(n int, share func(int) (float64, bool)) []*float64 {
		shares := make([]*float64, n)
		for k := range shares {
			if s, ok := share(k); ok {
				pct := float64(int64(s*10000+0.5)) / 100
				shares[k] = &pct
			}
		}
		return shares
	}
	return json.Marshal(struct {
		plain
		Share   []*float64 `json:"share_percent"`
		ShareKm []*float64 `json:"share_km_percent,omitempty"`
	}{plain(r), percent(len(r.Covered), r.Share), percent(len(r.CoveredKm), r.ShareKm)})
}

// Cells are the populated cells of the study area as parallel columns, by cell id.
type Cells struct {
	IDs      []string          `json:"id"`
	Communes []string          `json:"commune"`
	Demand   []geodata.Amount  `json:"demand"`
	Times    []traveltime.Time `json:"seconds"`  // to the nearest facility; null when none is reached
	Nearest  []string          `json:"facility"` // its id; empty when none is reached
	States   []string          `json:"state"`    // reached, unreachable, off_network
	// Metres are to the nearest facility by the shortest road, a millimetre as a
	// millisecond is to Times; with Params.WithinKm.
	Metres []traveltime.Time `json:"metres,omitempty"`
}
