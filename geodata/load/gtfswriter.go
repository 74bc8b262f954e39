package load

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/geodata"
)

// WriteTimetable writes a timetable as GTFS Schedule, a zip archive that Timetable
// reads back unchanged; the same timetable gives the same bytes. The timetable
// must be sorted and pass its Check.
func WriteTimetable(w io.Writer, t *geodata.Timetable) error {
	if err := t.Check(); err != nil {
		return err
	}
	f := &feedWriter{t: t, zip: zip.NewWriter(w)}
	f.agencies()
	f.stops()
	f.routes()
	f.calendar()
	f.trips()
	f.transfers()
	if f.err != nil {
		return fmt.Errorf("GTFS: %w", f.err)
	}
	return f.zip.Close()
}

// feedWriter writes tables until the first error.
type feedWriter struct {
	t   *geodata.Timetable
	zip *zip.Writer
	csv *csv.Writer
	err error
}

// written is when all files of a feed say they were made, so that its bytes are the same at any time.
var written = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// table writes one file. It is not written if there are no rows and it is optional.
func (f *feedWriter) table(name, header string, rows func(write func(fields ...string))) {
	if f.err != nil {
		return
	}
	out, err := f.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: written})
	if err != nil {
		f.err = err
		return
	}
	f.csv = csv.NewWriter(out)
	write := func(fields ...string) {
		if f.err == nil {
			f.err = f.csv.Write(fields)
		}
	}
	write(strings.Split(header, ",")...)
	rows(write)
	f.csv.Flush()
	if f.err == nil {
		f.err = f.csv.Error()
	}
}

func (f *feedWriter) agencies() {
	f.table("agency.txt", "agency_id,agency_name,agency_url,agency_timezone", func(write func(...string)) {
		for _, a := range f.t.Agencies {
			write(a.ID, a.Name, a.URL, f.t.Zone)
		}
	})
}

func (f *feedWriter) stops() {
	degrees := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	f.table("stops.txt", "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station,wheelchair_boarding", func(write func(...string)) {
		for _, s := range f.t.Stops {
			kind := "0"
			if s.Station {
				kind = "1"
			}
			wheelchair := map[geodata.Accessibility]string{geodata.AccessibleYes: "1", geodata.AccessibleNo: "2"}[s.Accessible]
			write(s.ID, s.Name, degrees(s.Location[1]), degrees(s.Location[0]), kind, s.Parent, wheelchair)
		}
	})
}

func (f *feedWriter) routes() {
	f.table("routes.txt", "route_id,agency_id,route_short_name,route_long_name,route_type,route_color", func(write func(...string)) {
		for _, r := range f.t.Routes {
			write(r.ID, r.Agency, r.Short, r.Long, strconv.Itoa(r.Type), r.Colour)
		}
	})
}

// calendar writes both files; one of them without rows would break the specification.
func (f *feedWriter) calendar() {
	day := func(d geodata.Date) string { return fmt.Sprintf("%08d", d) }
	weeks, days := false, false
	for i := range f.t.Services {
		s := &f.t.Services[i]
		weeks = weeks || s.First != 0
		days = days || len(s.Added)+len(s.Removed) > 0
	}
	if weeks {
		f.table("calendar.txt", "service_id,"+strings.Join(weekdays[:], ",")+",start_date,end_date", func(write func(...string)) {
			for _, s := range f.t.Services {
				if s.First == 0 {
					continue
				}
				row := []string{s.ID}
				for _, runs := range s.Week {
					row = append(row, map[bool]string{true: "1", false: "0"}[runs])
				}
				write(append(row, day(s.First), day(s.Last))...)
			}
		})
	}
	if days || !weeks {
		f.table("calendar_dates.txt", "service_id,date,exception_type", func(write func(...string)) {
			for _, s := range f.t.Services {
				for _, d := range s.Added {
					write(s.ID, day(d), "1")
				}
				for _, d := range s.Removed {
					write(s.ID, day(d), "2")
				}
			}
		})
	}
}

func (f *feedWriter) trips() {
	f.table("trips.txt", "route_id,service_id,trip_id,trip_headsign", func(write func(...string)) {
		for i := range f.t.Trips {
			t := &f.t.Trips[i]
			write(t.Route, t.Service, t.ID, t.Headsign)
		}
	})
	frequencies := false
	f.table("stop_times.txt", "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type", func(write func(...string)) {
		for i := range f.t.Trips {
			t := &f.t.Trips[i]
			frequencies = frequencies || len(t.Frequencies) > 0
			for k, c := range t.Calls {
				write(t.ID, gtfsTime(c.Arrival), gtfsTime(c.Departure), f.t.Stops[c.Stop].ID, strconv.Itoa(k+1),
					strconv.Itoa(int(c.Boarding)), strconv.Itoa(int(c.Alighting)))
			}
		}
	})
	if !frequencies {
		return
	}
	f.table("frequencies.txt", "trip_id,start_time,end_time,headway_secs,exact_times", func(write func(...string)) {
		for i := range f.t.Trips {
			for _, x := range f.t.Trips[i].Frequencies {
				write(f.t.Trips[i].ID, gtfsTime(x.From), gtfsTime(x.To), strconv.Itoa(int(x.Headway)), map[bool]string{true: "1", false: "0"}[x.Exact])
			}
		}
	})
}

func (f *feedWriter) transfers() {
	if len(f.t.Transfers) == 0 {
		return
	}
	f.table("transfers.txt", "from_stop_id,to_stop_id,transfer_type,min_transfer_time", func(write func(...string)) {
		for _, x := range f.t.Transfers {
			least := ""
			if x.Kind == geodata.MinimumTime {
				least = strconv.Itoa(int(x.Seconds))
			}
			write(f.t.Stops[x.From].ID, f.t.Stops[x.To].ID, strconv.Itoa(int(x.Kind)), least)
		}
	})
}
