package profile

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
)

func TestLimits(t *testing.T) {
	// Metres per hour; 0 is a value that is not known.
	for value, want := range map[string]Speed{
		"50": 50_000, "50 km/h": 50_000, "50km/h": 50_000, "50 kmh": 50_000, "50 kph": 50_000, " 50 ": 50_000,
		"7.5": 7_500, "30 mph": 48_280, "30mph": 48_280, "20 knots": 37_040,
		"walk": 6_000, "none": 130_000,
		"FR:urban": 50_000, "FR:rural": 80_000, "FR:trunk": 110_000, "FR:motorway": 130_000,
		"FR:zone30": 30_000, "FR:zone:30": 30_000, "FR:20": 20_000, "FR:30": 30_000, "FR:living_street": 20_000,
		"fr:urban": 50_000, "zone30": 30_000, "zone:20": 20_000,
		"DE:urban": 50_000, "DE:rural": 100_000, "DE:motorway": 130_000, "DE:zone:30": 30_000, "DE:zone30": 30_000,
		"DE:living_street": 7_000, "DE:bicycle_road": 30_000,
		"AT:urban": 50_000, "AT:rural": 100_000, "AT:motorway": 130_000,
		"CH:urban": 50_000, "CH:rural": 80_000, "CH:motorway": 120_000, "CH:trunk": 100_000,
		"LI:urban": 50_000, "LI:rural": 80_000,
		"RO:urban": 50_000, "RO:rural": 90_000, "RO:trunk": 100_000,
		"BE-VLG:rural": 70_000, "GB:nsl_single": 96_561, "GB:zone20": 32_187,
		"US:urban": 40_234, "US:rural": 88_514, "US:DE:rural": 88_514,
		"50;30": 30_000, "50|70": 50_000, "70; 50 ;90": 50_000, "signals;70": 70_000, "50 mph|60": 60_000,
		"": 0, "signals": 0, "variable": 0, "0": 0, "-50": 0, "0.5": 0, "500": 0, "1e3": 0, "NaN": 0, "Inf": 0,
		"50 @ (22:00-06:00)": 0, "fifty": 0, "XX:urban": 0, "FR:": 0, ":": 0, "FR:nowhere": 0, "30 furlongs": 0, "1.2.3": 0,
		"urban": 0, "zone": 0, ";": 0,
	} {
		got, ok := parseLimit(value)
		if got != want || ok != (want > 0) {
			t.Errorf("maxspeed=%q: %d, %v; want %d", value, got, ok, want)
		}
	}
}

func TestLimitTableIsSound(t *testing.T) {
	for _, required := range []string{"FR", "DE", "AT", "CH", "LI", "US"} {
		if limits().Countries[required]["urban"] == "" {
			t.Errorf("%s: no urban limit", required)
		}
	}
	for country, contexts := range limits().Countries {
		for context, value := range contexts {
			if s, ok := parseNumber(value); !ok || s > 140_000 {
				t.Errorf("%s:%s is %q", country, context, value)
			}
			if country != strings.ToUpper(country) || context != strings.ToLower(context) {
				t.Errorf("%s:%s cannot be found: countries in capitals, contexts in small letters", country, context)
			}
		}
	}
}

func TestTheDirectionalLimitGoesFirst(t *testing.T) {
	tags := geodata.Tags{{Key: "maxspeed", Value: "80"}, {Key: "maxspeed:backward", Value: "signals"}, {Key: "maxspeed:forward", Value: "50"}}
	if s, _ := postedLimit(tags, ":forward"); s != 50_000 {
		t.Errorf("forward: %d", s)
	}
	if s, _ := postedLimit(tags, ":backward"); s != 80_000 { // what is not known gives way to what is
		t.Errorf("backward: %d", s)
	}
}

func FuzzMaxspeed(f *testing.F) {
	for _, v := range []string{"50", "30 mph", "FR:zone30", "DE:zone:30", "50;30", "walk", "US:DE:rural", ":", "1e9", "zone", "9999999999999999999999"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		s, ok := parseLimit(v)
		if ok != (s > 0) || s > 300_000 || ok && s < 1000 {
			t.Fatalf("%q: %d, %v", v, s, ok)
		}
		if again, _ := parseLimit(v); again != s {
			t.Fatalf("%q: %d, then %d", v, s, again)
		}
		if low, _ := parseLimit(v + ";1"); low != 1000 {
			t.Fatalf("the lowest of %q and 1 is %d", v, low)
		}
		duration(v)
	})
}
