package load

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// wayKeys are the tags of a way that matter to a traveller, the same for
// OpenStreetMap and for the properties of other files.
var wayKeys = keySet(`
	highway route duration junction name ref
	access vehicle motor_vehicle motorcar bicycle foot
	access:forward vehicle:forward motor_vehicle:forward motorcar:forward bicycle:forward foot:forward
	access:backward vehicle:backward motor_vehicle:backward motorcar:backward bicycle:backward foot:backward
	oneway oneway:vehicle oneway:motor_vehicle oneway:motorcar oneway:bicycle oneway:foot
	maxspeed maxspeed:forward maxspeed:backward maxspeed:type source:maxspeed zone:maxspeed
	cycleway cycleway:left cycleway:right cycleway:both
	cycleway:oneway cycleway:left:oneway cycleway:right:oneway cycleway:both:oneway
	motorroad service surface tracktype smoothness tunnel area impassable`)

// nodeKeys are the tags of a node that acts on travellers, kept when it has a
// barrier, a ford or traffic signals.
var nodeKeys = keySet(`barrier ford highway locked access vehicle motor_vehicle motorcar bicycle foot`)

// closedHighways are the highway values that no traveller can use: not built,
// no longer there, or not a line to travel along.
var closedHighways = keySet(`
	construction proposed planned abandoned disused razed demolished dismantled removed no none
	platform raceway bus_guideway busway escape elevator rest_area services
	emergency_bay emergency_access_point via_ferrata traffic_island`)

func keySet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

func isWayKey(key string) bool  { return wayKeys[key] }
func isNodeKey(key string) bool { return nodeKeys[key] }

func isRestrictionKey(key string) bool {
	return key == "except" || key == "restriction" || strings.HasPrefix(key, "restriction:")
}

func tagValue(tags []geodata.Tag, key string) string { return geodata.Tags(tags).Get(key) }

// isRoad says whether somebody may travel along a way with these tags. When
// not, unusable is the highway value if there is one.
func isRoad(tags []geodata.Tag) (ok bool, unusable string) {
	highway := tagValue(tags, "highway")
	if tagValue(tags, "route") == "ferry" {
		return true, ""
	}
	if closedHighways[highway] {
		return false, highway
	}
	return highway != "", ""
}

func actsOnTravellers(tags []geodata.Tag) bool {
	for _, t := range tags {
		switch t.Key {
		case "barrier", "ford":
			return true
		case "highway":
			if t.Value == "traffic_signals" {
				return true
			}
		}
	}
	return false
}

// tagSets keeps one copy of each set of tags, and of each text in them.
type tagSets struct {
	sets    map[string]geodata.Tags
	texts   map[string]string
	scratch []geodata.Tag
	key     []byte
}

func newTagSets() *tagSets {
	return &tagSets{sets: map[string]geodata.Tags{}, texts: map[string]string{}}
}

// keep returns the wanted tags, sorted by key; of a repeated key the lowest value.
func (s *tagSets) keep(tags []geodata.Tag, wanted func(key string) bool) geodata.Tags {
	s.scratch = s.scratch[:0]
	for _, t := range tags {
		if wanted(t.Key) && t.Value != "" {
			s.scratch = append(s.scratch, t)
		}
	}
	slices.SortFunc(s.scratch, compareTag)
	s.scratch = slices.CompactFunc(s.scratch, func(a, b geodata.Tag) bool { return a.Key == b.Key })
	s.key = s.key[:0]
	for _, t := range s.scratch {
		s.key = binary.AppendUvarint(s.key, uint64(len(t.Key)))
		s.key = append(s.key, t.Key...)
		s.key = binary.AppendUvarint(s.key, uint64(len(t.Value)))
		s.key = append(s.key, t.Value...)
	}
	if set, ok := s.sets[string(s.key)]; ok {
		return set
	}
	set := make(geodata.Tags, len(s.scratch))
	for i, t := range s.scratch {
		set[i] = geodata.Tag{Key: s.text(t.Key), Value: s.text(t.Value)}
	}
	s.sets[string(s.key)] = set
	return set
}

// text returns the kept copy of a string, which may be part of a whole block of a file.
func (s *tagSets) text(t string) string {
	kept, ok := s.texts[t]
	if !ok {
		kept = strings.Clone(t)
		s.texts[kept] = kept
	}
	return kept
}

func compareTag(a, b geodata.Tag) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value))
}

func compareTags(a, b geodata.Tags) int { return slices.CompareFunc(a, b, compareTag) }

// tagTally counts things by name, for a note.
type tagTally map[string]int

// String is "construction 12, proposed 3", the names in order.
func (t tagTally) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(t)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, t[name]))
	}
	return strings.Join(parts, ", ")
}

func (t tagTally) total() int {
	n := 0
	for _, v := range t {
		n += v
	}
	return n
}
