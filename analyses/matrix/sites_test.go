package matrix

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSitesAndTheWaysBetweenThem(t *testing.T) {
	f, told := file("S.csv", "site_id,service\nhall,town_hall\nhall,alsh\n,alsh\nhall,alsh\nden,\nden,alsh\n")
	s, n, err := ReadSites(f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Offer{{"hall", "town_hall"}, {"hall", "alsh"}, {"den", "alsh"}}, s.Offers); diff != "" {
		t.Error(diff)
	}
	if strings.Join(s.IDs, " ") != "hall den" || strings.Join(s.Services, " ") != "town_hall alsh" || n != (Count{File: "S.csv", Read: 6, Kept: 3, Bad: 3}) {
		t.Errorf("%+v %+v", s, n)
	}
	if diff := cmp.Diff([]string{`S.csv, line 4: site_id = "": want an id`, `S.csv, line 5: service = "alsh": appears twice at site hall: first on line 3, which counts`,
		`S.csv, line 6: service = "": want an id`}, *told); diff != "" {
		t.Error(diff)
	}
	s.Add("new")
	s.Add("den")
	if k, ok := s.Position("new"); !ok || k != 2 || len(s.IDs) != 3 {
		t.Error(s.IDs)
	}

	f, told = file("W.csv", "site_id,other_id,seconds\nhall,den,300\nden,hall,310.5\nden,new,\nden,barn,1\nbarn,den,1\nhall,den,1\n")
	m, n, err := ReadWalks(f, &s.Values)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hall-den 300000 ms", "den-hall 310500 ms"}, listed(m)); diff != "" || n.NoWay != 1 || n.Bad != 3 {
		t.Errorf("%+v %s", n, diff)
	}
	if diff := cmp.Diff([]string{`W.csv, line 5: other_id = "barn": not a site_id of the supply`, `W.csv, line 6: site_id = "barn": not a site_id of the supply`,
		"W.csv, line 7: the pair appears twice: first on line 2, which counts"}, *told); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{"site_id,seconds\n": "no column other_id", "site_id,other_id,seconds\nx,y,1\n": "want site_id,other_id,seconds with the ids of the supply"} {
		f, _ := file("W.csv", text)
		if _, _, err := ReadWalks(f, &s.Values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{"": "an empty file", "site_id\nx\n": "no column service", "site_id,service\nx,\n": "no record can be used: of 1, 1 are at fault"} {
		f, _ := file("S.csv", text)
		if _, _, err := ReadSites(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Whatever is read, every record is kept or told of; then every site is known.
func FuzzSites(f *testing.F) {
	f.Add("site_id,service\nx,alsh\n")
	f.Add("facility_id;service\n\"x\";\"a;b\"\nx;a\nx;a\n")
	f.Fuzz(func(t *testing.T, text string) {
		told := 0
		s, n, err := ReadSites(File{Name: "S", In: strings.NewReader(text), Fault: func(Fault) { told++ }})
		if err != nil {
			return
		}
		if n.Read != n.Kept+n.Bad || n.Bad != told || n.Kept != len(s.Offers) {
			t.Fatalf("%+v, told of %d: %+v", n, told, s)
		}
		for _, o := range s.Offers {
			if k, ok := s.Position(o.Site); !ok || s.IDs[k] != o.Site {
				t.Fatalf("%q is not known", o.Site)
			}
		}
	})
}
