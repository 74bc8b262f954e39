package geodata

import (
	"github.com/paulmach/orb"
)

// Roads are the ways a traveller may use, as the source describes them. What a
// mode may do there, and how fast, is decided later by a profile.
//
// Nodes are sorted by ID, Ways by ID, Restrictions by ID, Tagged by Node.
type Roads struct {
	Nodes        []RoadNode
	Ways         []Way
	Tagged       []TaggedNode
	Restrictions []Restriction
}

// RoadNode is a vertex. Two ways that list the same node are connected there.
// IDs are OpenStreetMap's, or negative numbers given to the vertices of other
// files in the order of their coordinates.
type RoadNode struct {
	ID       int64
	Lon, Lat int32 // 1e-7 degree
}

// Fixed turns degrees into the 1e-7 degree integers of a RoadNode.
func Fixed(degrees float64) int32 {
	if degrees < 0 {
		return int32(degrees*1e7 - 0.5)
	}
	return int32(degrees*1e7 + 0.5)
}

// Point returns the node's longitude and latitude in degrees.
func (n RoadNode) Point() orb.Point { return orb.Point{float64(n.Lon) / 1e7, float64(n.Lat) / 1e7} }

// Way is a line through nodes with the tags that matter to a traveller.
type Way struct {
	ID    int64
	Nodes []int32 // positions in Roads.Nodes, two or more
	Tags  Tags
}

// Tag is one key and value, in OpenStreetMap's vocabulary.
type Tag struct{ Key, Value string }

// Tags are sorted by key, each key once. They are shared between ways: never modify.
type Tags []Tag

// Get returns the value of a key, empty if absent.
func (t Tags) Get(key string) string {
	for i := range t {
		if t[i].Key == key {
			return t[i].Value
		}
	}
	return ""
}

// TaggedNode is a node that acts on travellers: a barrier, traffic signals.
type TaggedNode struct {
	Node int32 // position in Roads.Nodes
	Tags Tags
}

// Restriction is a turn restriction: from one way, through a node or through
// ways, to another way. Its tags (restriction, restriction:motorcar, except)
// say what it forbids or commands, and to whom.
type Restriction struct {
	ID      int64
	From    int64   // way id
	ViaNode int64   // node id, 0 when the restriction goes through ways
	ViaWays []int64 // way ids in order, nil when it goes through a node
	To      int64   // way id
	Tags    Tags
}
