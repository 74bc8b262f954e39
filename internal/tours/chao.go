package tours

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Unit is how many units of length a problem read from a file has for one of the
// file's: lengths are Euclidean, in whole billionths, rounded down.
const Unit = 1_000_000_000

// ReadChao reads a problem in the format of Chao, Golden & Wasil (1996):
//
//	n 32
//	m 2
//	tmax 40.0
//	10.5	14.4	0
//
// and so on, x, y and score of n points, the start first and the end last. Each leg is
// rounded down to a billionth and tmax to the nearest: a plan that keeps to tmax by
// exact lengths is never refused, one that is taken exceeds it by less than n
// billionths a route. An error names the file, the line, the field and what would be right.
func ReadChao(r io.Reader, file string) (*Problem, error) {
	c := chaoReader{file: file, lines: bufio.NewScanner(r)}
	n, err := c.header("n", 2, allowed)
	if err != nil {
		return nil, err
	}
	m, err := c.header("m", 1, vehicles)
	if err != nil {
		return nil, err
	}
	tmax, err := c.header("tmax", 0, farthest)
	if err != nil {
		return nil, err
	}
	p := &Problem{Vehicles: int(m), Budget: int64(math.Round(tmax * Unit)), Score: make([]int64, int(n))}
	at := make([][2]float64, int(n))
	total := int64(0)
	for i := range at {
		if at[i], p.Score[i], err = c.point(i, int(n)); err != nil {
			return nil, err
		}
		if total += p.Score[i]; total > dearest {
			return nil, c.wrong("score", "all scores together are %d: want %d at most", total, dearest)
		}
	}
	if words, err := c.next(""); err == nil {
		return nil, c.wrong("", "%q after the last of %d points: want nothing more, or a larger n", strings.Join(words, " "), int(n))
	} else if c.lines.Err() != nil {
		return nil, err
	}
	p.Length = lengths(at)
	return p, nil
}

// farthest bounds coordinates and tmax, so that lengths in billionths are exact enough.
const farthest = 1e5

func lengths(at [][2]float64) [][]int64 {
	d := make([][]int64, len(at))
	for i := range d {
		d[i] = make([]int64, len(at))
		for j := range d[i] {
			x, y := at[i][0]-at[j][0], at[i][1]-at[j][1]
			// Squares are rounded each for itself, whatever the processor: no fused sum.
			d[i][j] = int64(math.Floor(math.Sqrt(float64(x*x)+float64(y*y)) * Unit))
		}
	}
	return d
}

type chaoReader struct {
	file  string
	lines *bufio.Scanner
	line  int
}

func (c *chaoReader) wrong(field, format string, args ...any) error {
	where := fmt.Sprintf("%s: line %d", c.file, c.line)
	if field != "" {
		where += ", " + field
	}
	return fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
}

// next is the words of the next line that is not empty.
func (c *chaoReader) next(want string) ([]string, error) {
	for c.lines.Scan() {
		c.line++
		text := c.lines.Text()
		if c.line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if words := strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' || r == '\r' }); len(words) > 0 {
			return words, nil
		}
	}
	c.line++
	if err := c.lines.Err(); err != nil {
		return nil, c.wrong("", "%v: want a text file of short lines", err)
	}
	return nil, c.wrong("", "the file ends here: want %s", want)
}

// header reads a line such as "n 32".
func (c *chaoReader) header(name string, least, most float64) (float64, error) {
	words, err := c.next(name + " and its value")
	if err != nil {
		return 0, err
	}
	if len(words) != 2 || !strings.EqualFold(words[0], name) {
		return 0, c.wrong(name, "%q: want the word %s and its value", strings.Join(words, " "), name)
	}
	v, err := c.number(name, words[1], most)
	switch whole := name != "tmax"; {
	case err != nil:
		return 0, err
	case v < least || whole && v != math.Trunc(v):
		kind := "a number"
		if whole {
			kind = "a whole number"
		}
		return 0, c.wrong(name, "%s: want %s of %g to %g", words[1], kind, least, most)
	}
	return v, nil
}

func (c *chaoReader) number(field, word string, most float64) (float64, error) {
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > most {
		return 0, c.wrong(field, "%q: want a number with a point for its decimals, %g at most", word, most)
	}
	return v, nil
}

// point reads a line of x, y and score.
func (c *chaoReader) point(i, n int) (at [2]float64, score int64, err error) {
	words, err := c.next(fmt.Sprintf("x, y and score of point %d of %d", i+1, n))
	if err != nil {
		return at, 0, err
	}
	if len(words) != 3 {
		return at, 0, c.wrong("", "%d fields: want x, y and score of point %d of %d", len(words), i+1, n)
	}
	for k, field := range []string{"x", "y"} {
		if at[k], err = c.number(field, words[k], farthest); err != nil {
			return at, 0, err
		}
	}
	v, err := c.number("score", words[2], float64(dearest))
	switch {
	case err != nil:
		return at, 0, err
	case v < 0 || v != math.Trunc(v):
		return at, 0, c.wrong("score", "%s: want a whole number of 0 or more", words[2])
	case v != 0 && (i == 0 || i == n-1):
		return at, 0, c.wrong("score", "%s at the start or the end (the first point and the last): want 0, nothing is collected there", words[2])
	}
	return at, int64(v), nil
}
