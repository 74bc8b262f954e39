package api

import (
	"bytes"
	"errors"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/tours"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
)

// aYear is how many weeks a downloaded timetable or calendar runs.
const aYear = 52

// encodeTours writes a week of tours as people, calendars and journey planners read it.
func (s *server) encodeTours(answer registry.Answer, as AnalysisForm) (*fileOutput, error) {
	r, ok := answer.Result.(*tours.Result)
	if !ok {
		return nil, invalid("query.format", as.Format, "only tours are told in this format: want json, tables, geojson, csv or gpkg")
	}
	name := `attachment; filename="maillage-tours-` + plain(s.snapshot.Territory().ID)
	if as.Format == "html" {
		page, err := tours.Sheet(r, as.Lang)
		return &fileOutput{"text/html; charset=utf-8", name + `.html"`, page}, err
	}
	first, err := geodata.ParseDate(as.From)
	if err == nil && first.Weekday() != 0 {
		err = errors.New("not a Monday")
	}
	if err != nil {
		return nil, invalid("query.first_monday", as.From, "want the Monday on which the first week begins, such as 20270104")
	}
	dates := tours.CalendarOptions{FirstMonday: first, Weeks: aYear}
	if as.Format == "ics" {
		text, err := r.ICalendar(dates)
		return &fileOutput{"text/calendar; charset=utf-8", name + `.ics"`, text}, err
	}
	t, err := r.Timetable(tours.TimetableOptions{CalendarOptions: dates, URL: as.URL})
	if err != nil {
		return nil, invalid("query.agency_url", as.URL, err.Error())
	}
	var zip bytes.Buffer
	err = load.WriteTimetable(&zip, t)
	return &fileOutput{"application/zip", name + `.zip"`, zip.Bytes()}, err
}
