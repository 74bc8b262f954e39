package griddata

import (
	"bytes"
	"encoding/csv"
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
