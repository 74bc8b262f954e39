package needs

import (
	"github.com/maillage/maillage/geodata"
)

// backtest projects from a past census to the newest, knowing no census in
// between, and compares. Communes that either census does not count are left out.
func (q *question) backtest(from int) *Backtest {
	h := q.history
	b := &Backtest{From: from, To: h.newest(), Since: h.since(from), Territory: BacktestRow{Code: q.s.Territory().ID, Name: q.s.Territory().Name}}
	pyramid := newPyramid(q.model.life(central, from))
	for _, code := range h.codes {
		before, ok := h.in(code, from)
		if !ok {
			continue
		}
		now, _ := h.in(code, b.To)
		c, _ := q.s.Commune(code)
		start, _ := h.people(&pyramid, code, from)
		times, _, _ := q.local(&pyramid, code, b.Since, from)
		end := start.carry(from, b.To, q.model.of(code, central, times))
		row := BacktestRow{Code: code, Name: c.Name, Start: before.total, Projected: end.total(), Observed: now.total}
		row.Percent = percentOff(row.Projected, row.Observed)
		b.Communes = append(b.Communes, row)
		b.Territory.Start += row.Start
		b.Territory.Projected += row.Projected
		b.Territory.Observed += row.Observed
	}
	b.Territory.Percent = percentOff(b.Territory.Projected, b.Territory.Observed)
	b.Error = summary(b.Communes, func(r BacktestRow) geodata.Amount { return r.Projected })
	b.Unchanged = summary(b.Communes, func(r BacktestRow) geodata.Amount { return r.Start })
	return b
}

func percentOff(guess, truth geodata.Amount) *float64 {
	if truth == 0 {
		return nil
	}
	pct := 100 * (guess - truth).Float() / truth.Float()
	return &pct
}

// summary compares a guess with what was observed; communes without anybody have no percentage.
func summary(rows []BacktestRow, guess func(BacktestRow) geodata.Amount) (s BacktestSummary) {
	var off, sum, truth geodata.Amount
	n := 0.0
	for _, r := range rows {
		g := guess(r)
		sum, truth, off = sum+g, truth+r.Observed, off+max(g-r.Observed, r.Observed-g)
		if pct := percentOff(g, r.Observed); pct != nil {
			s.MAPE, s.Bias, n = s.MAPE+max(*pct, -*pct), s.Bias+*pct, n+1
		}
	}
	if n > 0 {
		s.MAPE, s.Bias = s.MAPE/n, s.Bias/n
	}
	if truth > 0 {
		s.Total, s.Weighted = *percentOff(sum, truth), 100*off.Float()/truth.Float()
	}
	return s
}
