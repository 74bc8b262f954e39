package demand

// Around is the same demand with the populated cells outside the study area too:
// whoever lives there goes to the same facilities. Study tells per cell of it whether
// it is in the study area.
func (d *Demand) Around() (all *Demand, study []bool) {
	around := *d
	around.Cells = nil
	ind, counted := d.Population.Column("ind")
	for i, c := range d.Population.Cells {
		if !counted || ind[i] > 0 {
			around.Cells = append(around.Cells, i)
			study = append(study, c.Study)
		}
	}
	return &around, study
}
