package tours

// Week is a week of the plan as people read it.
type Week struct {
	Title string
	Rows  []WeekRow // by day, hour and vehicle
}

// WeekRow is a visit in words.
type WeekRow struct{ Day, Hours, Stop, Commune, Vehicle string }

// Weeks are those of the plan, for other pages than Sheet. The language is fr or en.
func Weeks(r *Result, lang string) (weeks []Week) {
	for _, x := range r.sheetWeeks(wording{lang}) {
		week := Week{Title: x.Title}
		for _, day := range x.Days {
			for _, v := range day.Rows {
				week.Rows = append(week.Rows, WeekRow{day.Name, v.Hours, v.Stop, v.Commune, v.Vehicle})
			}
		}
		weeks = append(weeks, week)
	}
	return weeks
}

// Proof says what is known of the plan: a sentence. The language is fr or en.
func Proof(r *Result, lang string) string { return r.proof(wording{lang}) }
