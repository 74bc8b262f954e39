package tours

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const smallFile = "n 4\nm 2\ntmax 6.7\n0 0 0\n3\t4\t10\r\n\n1 1 5\n6.5 0 0\n"

func TestReadChao(t *testing.T) {
	got, err := ReadChao(strings.NewReader(smallFile), "small.txt")
	if err != nil {
		t.Fatal(err)
	}
	// From (0,0) to (3,4) it is 5; to (1,1) √2 = 1.4142135623(7), rounded down.
	want := [][]int64{0: {0, 5_000_000_000, 1_414_213_562, 6_500_000_000}}
	if got.Vehicles != 2 || got.Budget != 6_700_000_000 || !reflect.DeepEqual(got.Score, []int64{0, 10, 5, 0}) || !reflect.DeepEqual(got.Length[:1], want) {
		t.Errorf("%+v", got)
	}
}

func TestChaoFilesThatAreWrong(t *testing.T) {
	for _, x := range []struct{ file, want string }{
		{"", "f.txt: line 1: the file ends here: want n and its value"},
		{"n 4\nm 2\n", "f.txt: line 3: the file ends here: want tmax and its value"},
		{"m 2\n", `f.txt: line 1, n: "m 2": want the word n and its value`},
		{"n 1\n", "f.txt: line 1, n: 1: want a whole number of 2 to 16384"},
		{"n 3.5\n", "f.txt: line 1, n: 3.5: want a whole number of 2 to 16384"},
		{"n 3\nm 0\n", "f.txt: line 2, m: 0: want a whole number of 1 to 1024"},
		{"n 3\nm 1\ntmax -1\n", "f.txt: line 3, tmax: -1: want a number of 0 to 100000"},
		{"n 3\nm 1\ntmax 4,5\n", `f.txt: line 3, tmax: "4,5": want a number with a point for its decimals, 100000 at most`},
		{"n 3\nm 1\ntmax NaN\n", `f.txt: line 3, tmax: "NaN": want a number with a point for its decimals, 100000 at most`},
		{"n 2\nm 1\ntmax 4\n0 0 0\n", "f.txt: line 5: the file ends here: want x, y and score of point 2 of 2"},
		{"n 2\nm 1\ntmax 4\n0 0\n", "f.txt: line 4: 2 fields: want x, y and score of point 1 of 2"},
		{"n 2\nm 1\ntmax 4\n0 north 0\n", `f.txt: line 4, y: "north": want a number with a point for its decimals, 100000 at most`},
		{"n 2\nm 1\ntmax 4\n0 0 7\n", "f.txt: line 4, score: 7 at the start or the end (the first point and the last): want 0, nothing is collected there"},
		{"n 3\nm 1\ntmax 4\n0 0 0\n1 1 2.5\n", "f.txt: line 5, score: 2.5: want a whole number of 0 or more"},
		{"n 3\nm 1\ntmax 4\n0 0 0\n1 1 -2\n", "f.txt: line 5, score: -2: want a whole number of 0 or more"},
		{"n 2\nm 1\ntmax 4\n0 0 0\n1 1 0\n2 2 5\n", `f.txt: line 6: "2 2 5" after the last of 2 points: want nothing more, or a larger n`},
	} {
		if _, err := ReadChao(strings.NewReader(x.file), "f.txt"); err == nil || err.Error() != x.want {
			t.Errorf("%q:\ngot  %v\nwant %s", x.file, err, x.want)
		}
	}
}

// FuzzReadChao holds that whatever is read is a problem, and can be searched.
func FuzzReadChao(f *testing.F) {
	for _, x := range []string{smallFile, "n 2\nm 1\ntmax 0\n0 0 0\n0 0 0\n", "\ufeffN 3\nM 1\nTMAX 1e3\n-1 2 0\n1 1 9\n1 1 0", "n 3\nm 1\n"} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ReadChao(strings.NewReader(text), "f.txt")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.txt: line ") {
				t.Errorf("an error without a line: %v", err)
			}
			return
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if len(p.Score) < 40 {
			checked(t, p, Options{Iterations: 20, Labels: 500})
		}
	})
}

// instance reads one of Chao's.
func instance(tb testing.TB, name string) *Problem {
	tb.Helper()
	file := filepath.Join("..", "..", "..", "shared", "data", "tours", name+".txt")
	f, err := os.Open(file)
	if err != nil {
		tb.Skipf("SKIPPED, NOT COMPARED WITH THE LITERATURE: needs the open data pack in ../shared/data: %v", err)
	}
	defer f.Close()
	p, err := ReadChao(f, file)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
