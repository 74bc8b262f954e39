package griddata

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func rows(t *testing.T, cells int) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, cells); err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryCellOnceUnsortedAndThePartsAddUp(t *testing.T) {
	all := rows(t, 5000)
	if len(all) != 5001 || strings.Join(all[0], ",") != Columns {
		t.Fatalf("%d rows under %v", len(all), all[0])
	}
	var ids []string
	for _, row := range all[1:] {
		ids = append(ids, row[0])
		tenth := func(column string) int {
			v, err := strconv.ParseFloat(row[slices.Index(all[0], column)], 64)
			if err != nil {
				t.Fatalf("%s: %v", row, err)
			}
			return int(v*10 + 0.5)
		}
		sum := 0
		for _, band := range []string{"ind_0_3", "ind_4_5", "ind_6_10", "ind_11_17", "ind_18_24", "ind_25_39", "ind_40_54", "ind_55_64", "ind_65_79", "ind_80p", "ind_inc"} {
			sum += tenth(band)
		}
		if ind := tenth("ind"); ind < 10 || sum != ind || tenth("men_coll")+tenth("men_mais") != tenth("men") {
			t.Fatalf("%s: the ages make %d tenths of %d", row, sum, ind)
		}
	}
	if slices.IsSorted(ids) {
		t.Error("the cells are sorted: INSEE's are not")
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 5000 {
		t.Errorf("%d different cells of 5000", n)
	}
}

func TestTheSameNumberGivesTheSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	if err := Write(&a, 300); err != nil {
		t.Fatal(err)
	}
	if err := Write(&b, 300); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two grids of 300 cells differ", err)
	}
}

// Two neighbours run along their border in opposite directions, through the same
// points: every piece of border but the outermost is there once each way.
func TestCommunesShareTheirBorders(t *testing.T) {
	const cells = 20
	var b bytes.Buffer
	if err := WriteCommunes(&b, cells); err != nil {
		t.Fatal(err)
	}
	var all struct {
		Features []struct {
			Properties struct{ Code, EPCI string }
			Geometry   struct{ Coordinates [][][2]int }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	pieces, codes := map[[2][2]int]int{}, map[string]bool{}
	for _, f := range all.Features {
		ring := f.Geometry.Coordinates[0]
		if len(ring) != 4*communeSide+1 || ring[0] != ring[len(ring)-1] {
			t.Fatalf("%s: %d points from %v to %v", f.Properties.Code, len(ring), ring[0], ring[len(ring)-1])
		}
		for i := 1; i < len(ring); i++ {
			pieces[[2][2]int{ring[i-1], ring[i]}]++
		}
		codes[f.Properties.Code] = true
	}
	side := int(newGrid(cells).communes())
	if len(all.Features) != side*side || len(codes) != side*side {
		t.Errorf("%d communes with %d codes, want %d", len(all.Features), len(codes), side*side)
	}
	alone := 0
	for p, n := range pieces {
		if n != 1 {
			t.Fatalf("%v is there %d times in one direction", p, n)
		}
		if pieces[[2][2]int{p[1], p[0]}] == 0 {
			alone++
		}
	}
	if alone != 4*side*communeSide {
		t.Errorf("%d pieces without a neighbour, want the %d around all", alone, 4*side*communeSide)
	}
}
