package profile

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/maillage/maillage/geodata"
	"gopkg.in/yaml.v3"
)

// limitTable is limits.yaml: what the named limits mean.
type limitTable struct {
	Words     map[string]string            `yaml:"words"`
	Miles     []string                     `yaml:"miles"`
	Countries map[string]map[string]string `yaml:"countries"`
}

var limits = sync.OnceValue(func() *limitTable {
	text, err := files.ReadFile("limits.yaml")
	if err != nil {
		panic(err) // it is embedded
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	t := new(limitTable)
	if err := dec.Decode(t); err != nil {
		panic(fmt.Sprintf("profile: limits.yaml: %v", err)) // a test reads it
	}
	return t
})

// postedLimit finds the limit in a direction (":forward" or ":backward"): the
// signed one, or the one its stated type implies.
func postedLimit(tags geodata.Tags, direction string) (Speed, bool) {
	for _, key := range []string{"maxspeed" + direction, "maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed"} {
		if v := tags.Get(key); v != "" {
			if s, ok := parseLimit(v); ok {
				return s, true
			}
		}
	}
	return 0, false
}

// parseLimit reads a maxspeed value: "50", "50 km/h", "30 mph", "walk", "none",
// "FR:urban", "DE:zone:30"; of a list ("50;30", "50|70") the lowest that it
// knows. Limits outside 1 to 300 km/h, conditions and anything else are unknown.
func parseLimit(value string) (Speed, bool) {
	lowest, found := Speed(0), false
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ';' || r == '|' }) {
		if s, ok := parseOneLimit(strings.TrimSpace(part)); ok && (!found || s < lowest) {
			lowest, found = s, true
		}
	}
	return lowest, found
}

func parseOneLimit(v string) (Speed, bool) {
	if s, ok := parseNumber(v); ok {
		return s, true
	}
	if word, ok := limits().Words[strings.ToLower(v)]; ok {
		return parseNumber(word)
	}
	country, context, found := strings.Cut(v, ":")
	if !found {
		return parseZone(v, "")
	}
	country, _, _ = strings.Cut(strings.ToUpper(country), "-") // BE-VLG:rural
	return parseContext(country, strings.ToLower(context))
}

// parseContext reads what follows the country: "urban", "zone30", "zone:30", "30", "oh:rural".
func parseContext(country, context string) (Speed, bool) {
	if s, ok := limits().Countries[country][context]; ok {
		return parseNumber(s)
	}
	if s, ok := parseZone(context, country); ok {
		return s, true
	}
	if _, last, ok := strings.Cut(context, ":"); ok && country != "" { // US:OH:rural
		return parseNumber(limits().Countries[country][last])
	}
	return 0, false
}

// parseZone reads "zone30", "zone:30", and "30" where a country is given.
func parseZone(v, country string) (Speed, bool) {
	digits, isZone := strings.CutPrefix(strings.ToLower(v), "zone")
	if !isZone && country == "" {
		return 0, false
	}
	digits = strings.TrimLeft(digits, ":_ ")
	if slices.Contains(limits().Miles, country) {
		digits += " mph"
	}
	return parseNumber(digits)
}

// parseNumber reads a number with its unit, km/h if none.
func parseNumber(v string) (Speed, bool) {
	end := 0
	for end < len(v) && (v[end] >= '0' && v[end] <= '9' || v[end] == '.') {
		end++
	}
	n, err := strconv.ParseFloat(v[:end], 64)
	if err != nil {
		return 0, false
	}
	metres := 0.0
	switch strings.ToLower(strings.TrimSpace(v[end:])) {
	case "", "km/h", "kmh", "kph", "kmph":
		metres = 1000
	case "mph":
		metres = 1609.344
	case "knots":
		metres = 1852
	}
	if n *= metres; !(n >= 1000 && n <= 300_000) {
		return 0, false
	}
	return Speed(math.Round(n)), true
}

// duration reads a ferry's duration, "20" (minutes), "1:20", "1:05:30" or
// "PT1H20M", as milliseconds; 0 if it is none of these or longer than a day.
func duration(v string) uint32 {
	seconds, ok := clockSeconds(v)
	if !ok {
		seconds, ok = isoSeconds(v)
	}
	if !ok || seconds > 24*3600 {
		return 0
	}
	return uint32(seconds) * 1000
}

func clockSeconds(v string) (int, bool) {
	parts := strings.Split(v, ":")
	if len(parts) > 3 {
		return 0, false
	}
	units := []int{3600, 60, 1}
	if len(parts) == 1 {
		units = []int{60}
	}
	total := 0
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || i > 0 && n > 59 {
			return 0, false
		}
		total += int(n) * units[i]
	}
	return total, true
}

func isoSeconds(v string) (int, bool) {
	rest, ok := strings.CutPrefix(v, "PT")
	if !ok || rest == "" {
		return 0, false
	}
	total := 0
	for _, unit := range []struct {
		letter  string
		seconds int
	}{{"H", 3600}, {"M", 60}, {"S", 1}} {
		digits, after, found := strings.Cut(rest, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			return 0, false
		}
		total, rest = total+int(n)*unit.seconds, after
	}
	return total, rest == ""
}
