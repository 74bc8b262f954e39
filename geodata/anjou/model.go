package anjou

import "math"

// The constants of the model, all of them. Lengths in metres, speeds in km/h.
const (
	// Extent.
	frameMargin    = 10_000.0 // the model ends this far beyond the bourgs of the 17 communes
	neighbourReach = 9_000.0  // neighbours with a bourg this near to one of the 17 have inhabitants

	// Outlines.
	maxChange     = 3500.0 // a fitted reach stays this near to the first guess
	fitRounds     = 80
	fitStep       = 0.6    // share of Newton's step, falling with the rounds
	sideGain      = 100.0  // m² per metre of reach and side of a cell: 200 m, less for oblique borders, half for two that pull
	areaTolerance = 0.0045 // of the published area

	// Population.
	cellSize       = 200
	density        = 2000.0 // people per km² of a settlement's built-up disc
	edgeShare      = 0.15   // width of the disc's soft edge, as a share of its radius
	minEdge        = 60.0   // and at least this
	bourgShare     = 0.85   // of a neighbour's inhabitants live round its bourg
	perHamletCell  = 6.0    // mean number of people of a scattered inhabited cell
	roadsidePull   = 4.0    // how much likelier a scattered home is on a main road than far from it
	roadsideLength = 400.0  // distance at which the pull has fallen to 1/e

	// Roads.
	step         = 150.0  // between two vertices of a road
	bend         = 2500.0 // length of one bend of a curved road
	detour       = 1.15   // length of a modelled road over the straight line
	accessDetour = 1.5    // length of the streets from a bourg to a main road over the straight line
	poorLink     = 1.7    // neighbouring bourgs farther apart than this times the straight line get a modelled road
	carriageway  = 12.0   // from a motorway's axis
	motorwayStep = 300.0  // between two vertices of a motorway
	snap         = 1.0    // roads that pass this near meet
	onRoad       = 180.0  // a home this near to a road needs no lane
	streetPeople = 12     // a cell with so many people has streets
	builtUp      = 250.0  // a settlement of so many people has a built-up area

	busSpeed, trainSpeed = 45.0, 90.0 // from stop to stop, the stop included

	facilityOffset = 60.0 // between facilities whose place is not published

	speedMotorway, speedLink, speedRural, speedTown, speedStreet = "130", "70", "80", "50", "30"
)

var noKilometre = math.NaN()
