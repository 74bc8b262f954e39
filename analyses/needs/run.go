package needs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Run projects. What is wrong with the parameters, a territory without census or
// ages among it, is an analyses.ParamError; otherwise it fails only when ctx ends or
// the mode of a coverage has no road.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	h, err := historyOf(s)
	if err != nil {
		return nil, err
	}
	if p, err = p.complete(h); err != nil {
		return nil, err
	}
	m, err := newModel(p.Tables)
	if err != nil {
		return nil, err
	}
	q := &question{Result: &Result{Params: p, Base: h.newest()}, s: s, history: h, model: m}
	var asked cover
	if p.Service != "" {
		if asked, err = q.askCover(); err != nil {
			return nil, err
		}
	}
	if err := q.project(ctx); err != nil {
		return nil, err
	}
	q.countDemand()
	q.sumUp()
	q.observe()
	if p.Backtest != 0 {
		q.Backtest = q.backtest(p.Backtest)
	}
	if p.Service != "" {
		if err := q.cover(ctx, nets, asked); err != nil {
			return nil, err
		}
	}
	q.Provenance = q.provenance()
	return q.Result, nil
}

// question is what is asked, of a snapshot.
type question struct {
	*Result // being filled
	s       *geodata.Snapshot
	history *history
	model   *model

	ages    []people       // parallel to Communes
	notes   []geodata.Text // about the coverage
	inexact int            // communes whose growth is beyond mostLocal
}

// complete checks the parameters and fills in the defaults.
func (p Params) complete(h *history) (Params, error) {
	bad := func(param string, err error) (Params, error) {
		return p, &analyses.ParamError{Param: param, Err: err}
	}
	base := h.newest()
	p.To = cmp.Or(p.To, max(DefaultTo, base))
	if p.To < base || p.To > LastTo {
		return bad("to", fmt.Errorf("%d: want a year from %d, the base, to %d", p.To, base, LastTo))
	}
	for _, v := range p.Variants {
		if !isVariant(v) {
			return bad("variants", fmt.Errorf("unknown variant %q: want low, central or high", v))
		}
	}
	p.Variants = asked(p.Variants)
	if p.Local == nil {
		keep := KeepLocal
		p.Local = &keep
	}
	if !(*p.Local >= 0 && *p.Local <= 1) {
		return bad("local", fmt.Errorf("%g: want a share from 0 to 1", *p.Local))
	}
	if p.Since != 0 && (!slices.Contains(h.years, p.Since) || p.Since >= base) {
		return bad("since", fmt.Errorf("%d: want a census before %d: there is %s", p.Since, base, listed(h.years[:len(h.years)-1])))
	}
	if p.Backtest != 0 && (!slices.Contains(h.years, p.Backtest) || p.Backtest >= base) {
		return bad("backtest", fmt.Errorf("%d: want a census before %d to project from: there is %s", p.Backtest, base, listed(h.years[:len(h.years)-1])))
	}
	for _, t := range []struct {
		name      string
		lines     []Rate
		low, high float64
	}{{"fertility", p.Fertility, 0, 1}, {"mortality", p.Mortality, 0, 1}, {"migration", p.Migration, -mostMoves.float(), mostMoves.float()}} {
		for _, l := range t.lines {
			if err := l.check(t.low, t.high); err != nil {
				return bad(t.name, err)
			}
		}
	}
	if p.Service == "" && (p.Mode != "" || len(p.Within) > 0 || len(p.Statuses) > 0) {
		return bad("service", errors.New("missing: mode, within and statuses are of the coverage of a service"))
	}
	return p, nil
}

func (r rate) float() float64 { return float64(r) / float64(whole) }

func listed(years []int) string {
	if len(years) == 0 {
		return "none"
	}
	text := fmt.Sprint(years)
	return text[1 : len(text)-1]
}

// project carries each commune from the base to the last year.
func (q *question) project(ctx context.Context) error {
	life := q.model.life(central, q.Base)
	pyramid := newPyramid(life)
	since := cmp.Or(q.Params.Since, q.history.since(q.Base))
	for _, code := range q.history.codes {
		if err := ctx.Err(); err != nil {
			return err
		}
		start, from := q.history.people(&pyramid, code, q.Base)
		times, found, exact := q.local(&pyramid, code, since, q.Base)
		if !exact {
			q.inexact++
		}
		local := Local{Commune: code, Since: found, PerThousand: q.perThousand(code, &start, times), Ages: from}
		q.Local = append(q.Local, local)
		for _, variant := range q.Params.Variants {
			q.future(code, variant, start, q.model.of(code, variant, times))
		}
	}
	return nil
}

// local calibrates a commune's own migration between two censuses; it is the
// national one, and found 0, where the earlier does not know the commune or the
// asker has rates. Exact is false where past growth is beyond the model.
func (q *question) local(p *pyramid, code string, since, base int) (times float64, found int, exact bool) {
	national := q.model.assume(central, base).migration / nation
	before, ok := q.history.in(code, since)
	now, _ := q.history.in(code, base)
	if !ok || before.total == 0 || len(q.Params.Migration) > 0 {
		return national, 0, true
	}
	start, _ := q.history.people(p, code, since)
	times, exact = q.model.calibrate(code, start, since, base, now.total)
	return national + *q.Params.Local*(times-national), since, exact
}

// perThousand is the net migration of the first year.
func (q *question) perThousand(code string, start *people, times float64) float64 {
	if start.total() == 0 {
		return 0
	}
	_, f := start.step(q.model.of(code, central, times)(q.Base))
	return 1000 * f.moves.Float() / start.total().Float()
}

// future adds a commune's rows.
func (q *question) future(code, variant string, p people, r future) {
	c, _ := q.s.Commune(code)
	var f flow
	for year := q.Base; ; year++ {
		q.Communes = append(q.Communes, Row{
			Code: code, Name: c.Name, Variant: variant, Year: year,
			Population: p.total(), Births: f.births, Deaths: f.deaths, Migration: f.moves,
			Under3: p.between(0, 2), Nursery: p.between(3, 5), Primary: p.between(6, 10), Lower: p.between(11, 14), Upper: p.between(15, 17),
			From65: p.between(65, lastAge), From80: p.between(80, lastAge),
		})
		q.ages = append(q.ages, p)
		if year == q.Params.To {
			return
		}
		p, f = p.step(r(year))
	}
}

// countDemand counts what the catalogue's services count, a row at a time, on bands made of single ages.
func (q *question) countDemand() {
	bands := geodata.Population{Cells: make([]geodata.Cell, len(q.ages))}
	column := func(name string, value func(p *people) geodata.Amount) {
		values := make([]geodata.Amount, len(q.ages))
		for i := range q.ages {
			values[i] = value(&q.ages[i])
		}
		bands.Columns = append(bands.Columns, geodata.Column{Name: name, Values: values})
	}
	column("ind", (*people).total)
	for _, grid := range gridBands {
		for _, b := range grid {
			column(b.Commune, func(p *people) geodata.Amount { return p.between(b.From, b.To) })
		}
	}
	for sex, name := range []string{"female", "male"} {
		column(name, func(p *people) (sum geodata.Amount) {
			for _, n := range p[sex] {
				sum += n
			}
			return sum
		})
	}
	q.Services = []string{}
	for _, service := range q.s.Catalogue() {
		amounts, _, err := service.Count(&bands)
		if err != nil {
			q.Uncounted = append(q.Uncounted, service.ID)
			continue
		}
		q.Services = append(q.Services, service.ID)
		for i := range q.Communes {
			q.Communes[i].Demand = append(q.Communes[i].Demand, amounts[i])
		}
	}
}

// sumUp adds the communes up to the territory.
func (q *question) sumUp() {
	t := q.s.Territory()
	years := q.Params.To - q.Base + 1
	q.Territory = make([]Row, years*len(q.Params.Variants))
	for i, row := range q.Communes {
		sum := &q.Territory[i%len(q.Territory)] // the communes have their rows in the same order
		sum.Code, sum.Name, sum.Variant, sum.Year = t.ID, t.Name, row.Variant, row.Year
		to, from := sum.amounts(), row.amounts()
		for k := range to {
			*to[k] += *from[k]
		}
		if sum.Demand == nil {
			sum.Demand = make([]geodata.Amount, len(row.Demand))
		}
		for k, d := range row.Demand {
			sum.Demand[k] += d
		}
	}
}

// amounts are what adds up, but for demand.
func (r *Row) amounts() []*geodata.Amount {
	return []*geodata.Amount{&r.Population, &r.Births, &r.Deaths, &r.Migration, &r.Under3, &r.Nursery, &r.Primary, &r.Lower, &r.Upper, &r.From65, &r.From80}
}

// observe lists what the censuses counted, the territory's sum where all communes are in it.
func (q *question) observe() {
	for _, code := range q.history.codes {
		for _, c := range q.history.counts[code] {
			ranges := 1
			if c.aged() {
				ranges = len(c.rows)
			}
			q.Observed = append(q.Observed, Observed{code, c.year, c.total, ranges})
		}
	}
	for _, year := range q.history.years {
		sum := Observed{Commune: q.s.Territory().ID, Year: year, Ranges: 1}
		all := true
		for _, code := range q.history.codes {
			c, ok := q.history.in(code, year)
			all = all && ok
			sum.Persons += c.total
		}
		if all {
			q.Observed = append(q.Observed, sum)
		}
	}
}

func (q *question) provenance() analyses.Provenance {
	pr := analyses.NewProvenance(q.s, "needs", q.Params)
	note := func(fr, en string, args ...any) {
		pr.Notes = append(pr.Notes, geodata.Text{Fr: fmt.Sprintf(fr, args...), En: fmt.Sprintf(en, args...)})
	}
	note("Projection par composantes au 1er janvier, à taux locaux de migration inchangés depuis %d ; hypothèses basse, centrale et haute d'après l'Insee (projections 2021-2070).",
		"Cohort-component projection to 1 January, with local migration rates unchanged from %d on; low, central and high hypotheses after INSEE (projections 2021-2070).", q.Base)
	from := map[string]int{}
	for _, l := range q.Local {
		from[l.Ages]++
	}
	if q.history.estimated {
		note("Point de départ estimé : aucun recensement par commune n'est chargé, les tranches d'âge du carroyage de %d en tiennent lieu.",
			"Estimated start: no census by commune is loaded, the age bands of the grid of %d stand in for one.", q.Base)
	} else if n := from[fromGrid] + from[fromOther]; n > 0 {
		note("Âges estimés pour %s : ceux d'un autre recensement ou du carroyage, ramenés au total.",
			"Ages estimated for %s: those of another census or of the grid, scaled to the total.", communes(n))
	}
	if n := from[fromModel]; n > 0 {
		note("Âges inconnus pour %s : répartis comme les survivants de la table de mortalité.",
			"Ages unknown for %s: as the survivors of the life table stand.", communes(n))
	}
	if n := q.alone(); n > 0 {
		note("Migrations prises égales à celles de la France pour %s : aucun recensement antérieur.",
			"Migration taken to be that of France for %s: there is no earlier census.", communes(n))
	}
	if q.inexact > 0 {
		note("Croissance passée hors d'atteinte du modèle pour %s (plus d'un dixième par an) : bornée.",
			"Past growth beyond the model for %s (over a tenth a year): bounded.", communes(q.inexact))
	}
	if q.Backtest != nil {
		note("Le test rétrospectif connaît les chiffres nationaux des années écoulées et, où les recensements passés ne disent pas les âges, ceux du plus récent : une vraie prévision se trompe plus encore.",
			"The backtest knows the national figures of the years since and, where past censuses tell no ages, those of the newest: a true forecast errs more.")
	}
	if n := q.missing(); n > 0 {
		note("Hors de la projection, faute de recensement de %d : %s.", "Left out for want of a census of %d: %s.", q.Base, communes(n))
	}
	pr.Notes = append(pr.Notes, q.notes...)
	return pr
}

// communes writes a number of communes, in French as in English.
func communes(n int) string { return analyses.Plural(n, "commune", "communes") }

// alone is how many communes have no earlier census to calibrate from.
func (q *question) alone() (n int) {
	for _, l := range q.Local {
		if l.Since == 0 && len(q.Params.Migration) == 0 {
			n++
		}
	}
	return n
}

// missing is how many communes of the study area cannot be projected.
func (q *question) missing() (n int) {
	for _, c := range q.s.Communes() {
		if c.Study && !slices.Contains(q.history.codes, c.Code) {
			n++
		}
	}
	return n
}
