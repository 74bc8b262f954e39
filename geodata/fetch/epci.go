package fetch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/paulmach/orb"
	"golang.org/x/text/unicode/norm"

	"github.com/maillage/maillage/geodata"
)

// EPCI is an intercommunality: its SIREN and its name.
type EPCI struct {
	Code string `json:"code"`
	Nom  string `json:"nom"`
}

// String is `200068955 (CC Anjou Loir et Sarthe)`.
func (e EPCI) String() string { return fmt.Sprintf("%s (%s)", e.Code, e.Nom) }

// commune is an entry of the national list.
type commune struct {
	Code            string `json:"code"`
	CodeDepartement string `json:"codeDepartement"`
	CodeRegion      string `json:"codeRegion"`
	CodeEpci        string `json:"codeEpci"`
	Centre          struct {
		Coordinates []float64 `json:"coordinates"`
	} `json:"centre"`
}

// ErrUnknownEPCI is a name or a number that no EPCI has, or several have.
var ErrUnknownEPCI = errors.New("no such EPCI")

// findEPCI finds an EPCI by its SIREN, its name, or words that only one name
// has. Accents, case and the kind of EPCI (CC, CA, …) do not matter. The error
// suggests near ones.
func findEPCI(all []EPCI, query string) (EPCI, error) {
	query = strings.TrimSpace(query)
	if siren.MatchString(query) {
		for _, e := range all {
			if e.Code == query {
				return e, nil
			}
		}
		return EPCI{}, fmt.Errorf("%w: none of %d has the SIREN %s%s", ErrUnknownEPCI, len(all), query, suggest(nearCodes(all, query)))
	}
	words := significant(query)
	var same, holding []EPCI
	for _, e := range all {
		own := significant(e.Nom)
		switch {
		case slices.Equal(own, words):
			same = append(same, e)
		case len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(own, w) }):
			holding = append(holding, e)
		}
	}
	found := same
	if len(found) == 0 {
		found = holding
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return EPCI{}, fmt.Errorf("%w: %d have a name with %q: give the SIREN of one%s", ErrUnknownEPCI, len(found), query, suggest(found))
	}
	return EPCI{}, fmt.Errorf("%w: none of %d is called %q%s", ErrUnknownEPCI, len(all), query, suggest(nearNames(all, words)))
}

var siren = regexp.MustCompile(`^[0-9]{9}$`)

func suggest(near []EPCI) string {
	var names []string
	for _, e := range near[:min(len(near), 5)] {
		names = append(names, e.String())
	}
	if len(names) == 0 {
		return ""
	}
	return "; near: " + strings.Join(names, ", ")
}

// kindsOfEPCI are words that say what an EPCI is, not which.
var kindsOfEPCI = []string{"cc", "ca", "cu", "communaute", "communes", "agglomeration", "urbaine", "de", "d", "du", "des", "la", "le", "les", "l", "et"}

// significant is a name's words in plain letters, without those that many have.
func significant(name string) []string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	all := strings.Fields(b.String())
	own := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return slices.Contains(kindsOfEPCI, w) })
	if len(own) == 0 {
		return all
	}
	return own
}

// nearCodes are those that differ least from a number, by at most three digits.
func nearCodes(all []EPCI, code string) []EPCI {
	return nearest(all, 3, func(e EPCI) int { return edits(e.Code, code) })
}

// nearNames are those with a word nearest to one of the words.
func nearNames(all []EPCI, words []string) []EPCI {
	return nearest(all, 2, func(e EPCI) int {
		best := math.MaxInt
		for _, own := range significant(e.Nom) {
			for _, w := range words {
				if len(w) > 3 && len(own) > 3 {
					best = min(best, edits(own, w))
				}
			}
		}
		return best
	})
}

func nearest(all []EPCI, within int, far func(EPCI) int) []EPCI {
	type scored struct {
		EPCI
		far int
	}
	var near []scored
	for _, e := range all {
		if d := far(e); d <= within {
			near = append(near, scored{e, d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(a.Code, b.Code)) })
	var out []EPCI
	for _, s := range near {
		out = append(out, s.EPCI)
	}
	return out
}

// edits is the number of letters to change, add or take away (Levenshtein).
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

// parseList reads a JSON list, each element of which must be sound.
func parseList[T any](text []byte, sound func(T) bool, want string) ([]T, error) {
	var all []T
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("expected a list: %w", err)
	}
	for i, v := range all {
		if !sound(v) {
			return nil, fmt.Errorf("entry %d: %s", i+1, want)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("an empty list")
	}
	return all, nil
}

func parseEPCIs(text []byte) ([]EPCI, error) {
	return parseList(text, func(e EPCI) bool { return e.Code != "" && e.Nom != "" }, "want the fields code and nom")
}

func parseCommunes(text []byte) ([]commune, error) {
	return parseList(text, func(c commune) bool { return c.Code != "" && c.CodeDepartement != "" }, "want the fields code and codeDepartement")
}

// place is where an EPCI lies: its departments and regions, and those that its
// buffer reaches.
type place struct {
	communes    []string // INSEE codes of its own
	departments []string // of its own
	regions     []string // INSEE codes of its own
	around      []string // departments with outlines that the buffer may touch
	roads       []string // departments with roads in the buffer
}

// reachMetres is how far from its centre a commune may reach: one whose centre
// lies farther beyond the buffer than this does not touch it.
const reachMetres = 20_000

// placeOf looks around the frame of an EPCI's outlines. A department counts
// when the centre of one of its communes lies in the frame widened by the
// buffer; for outlines, reachMetres farther out.
func placeOf(epci string, frame orb.Bound, buffer float64, all []commune) (place, error) {
	var p place
	near, far := widen(frame, buffer), widen(frame, buffer+reachMetres)
	for _, c := range all {
		if c.CodeEpci == epci {
			p.communes = append(p.communes, c.Code)
			p.departments = append(p.departments, c.CodeDepartement)
			p.regions = append(p.regions, c.CodeRegion)
			p.around, p.roads = append(p.around, c.CodeDepartement), append(p.roads, c.CodeDepartement)
		}
		if len(c.Centre.Coordinates) < 2 {
			continue
		}
		centre := orb.Point{c.Centre.Coordinates[0], c.Centre.Coordinates[1]}
		if far.Contains(centre) {
			p.around = append(p.around, c.CodeDepartement)
		}
		if near.Contains(centre) {
			p.roads = append(p.roads, c.CodeDepartement)
		}
	}
	if len(p.communes) == 0 {
		return p, fmt.Errorf("the list of communes has none of EPCI %s: is it older than the EPCI? Fetch it again with --refresh", epci)
	}
	for _, list := range []*[]string{&p.communes, &p.departments, &p.regions, &p.around, &p.roads} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return p, nil
}

func widen(b orb.Bound, metres float64) orb.Bound {
	mx, my := geodata.MetresPerDegree(min(max(math.Abs(b.Min[1]), math.Abs(b.Max[1]))+metres/100_000, 85))
	return orb.Bound{Min: orb.Point{b.Min[0] - metres/mx, b.Min[1] - metres/my}, Max: orb.Point{b.Max[0] + metres/mx, b.Max[1] + metres/my}}
}

// frameOf is the bounding box of the outlines of a GeoJSON FeatureCollection.
func frameOf(text []byte) (orb.Bound, error) {
	var c struct {
		Features []struct {
			Geometry struct{ Coordinates any }
		}
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return orb.Bound{}, err
	}
	frame, seen := orb.Bound{}, false
	for _, f := range c.Features {
		walk(f.Geometry.Coordinates, func(p orb.Point) {
			if !seen {
				frame, seen = p.Bound(), true
			}
			frame = frame.Extend(p)
		})
	}
	if !seen {
		return frame, errors.New("no outline has coordinates")
	}
	return frame, nil
}

// walk visits the positions of nested lists of coordinates.
func walk(v any, visit func(orb.Point)) {
	list, _ := v.([]any)
	if len(list) >= 2 {
		x, isX := list[0].(float64)
		y, isY := list[1].(float64)
		if isX && isY {
			visit(orb.Point{x, y})
			return
		}
	}
	for _, inner := range list {
		walk(inner, visit)
	}
}
