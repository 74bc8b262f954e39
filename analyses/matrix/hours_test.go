package matrix

import (
	"strings"
	"testing"
)

func TestHoursOfSites(t *testing.T) {
	var faults []string
	h, n, err := ReadHours(File{Name: "H.csv", In: strings.NewReader(`site_id;hours;stop
hall;"Mo 09:00-12:00; Tu 09:00-11:00";
bus;We 14:00-15:30;yes
bus;We 14:00-15:30;yes
shop;always;no
fair;Mo off;no
van;Mo 10:00-11:00;perhaps
;Mo 10:00-11:00;no
`), Fault: func(f Fault) { faults = append(faults, f.String()) }})
	if err != nil {
		t.Fatal(err)
	}
	if n.Kept != 2 || n.Bad != 5 || strings.Join(h.IDs, " ") != "hall bus" || h.Weekly[0].Minutes() != 300 || h.Stop[0] || !h.Stop[1] {
		t.Errorf("%+v %+v", n, h)
	}
	for i, want := range []string{`line 4: site_id = "bus": appears twice: first on line 3`, `line 5: hours = "always": want hours of an ordinary week`,
		`line 6: hours = "Mo off"`, `line 7: stop = "perhaps": want yes, no`, "line 8: site_id"} {
		if i >= len(faults) || !strings.Contains(faults[i], want) {
			t.Errorf("faults %q, want %q", faults, want)
		}
	}
	for text, want := range map[string]string{"": "an empty file", "site_id\nx\n": "no column hours", "site_id,hours\nx,never\n": "no record can be used"} {
		if _, _, err := ReadHours(File{Name: "H.csv", In: strings.NewReader(text)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	// Without the column nothing is a stop.
	if h, _, err := ReadHours(File{Name: "H.csv", In: strings.NewReader("site_id,hours\nx,24/7\n")}); err != nil || h.Stop[0] || h.Weekly[0].Minutes() != 7*24*60 {
		t.Errorf("%+v, %v", h, err)
	}
}

func FuzzHours(f *testing.F) {
	f.Add("site_id,hours,stop\nx,Mo 08:00-12:00,yes\n")
	f.Add("site_id;hours\n\"x\"\"y\";24/7\n")
	f.Fuzz(func(t *testing.T, text string) {
		h, n, err := ReadHours(File{Name: "H.csv", In: strings.NewReader(text)})
		if err == nil && (n.Read != n.Kept+n.Bad || len(h.IDs) != n.Kept || len(h.Weekly) != n.Kept || len(h.Stop) != n.Kept) {
			t.Errorf("%+v: %+v", n, h)
		}
	})
}
