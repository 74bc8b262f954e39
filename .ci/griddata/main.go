// Griddata writes what make bench-import imports into a folder: a population grid
// of so many cells, the communes it lies in and a road: griddata CELLS FOLDER.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/maillage/maillage/internal/griddata"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "griddata:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want the number of cells and a folder, such as 250000 /tmp")
	}
	cells, err := strconv.Atoi(args[0])
	if err != nil || cells < 1 {
		return fmt.Errorf("%q: want a number of cells, such as 250000", args[0])
	}
	for name, content := range map[string]func(io.Writer, int) error{
		"grid_2019.csv":    griddata.Write,
		"communes.geojson": griddata.WriteCommunes,
		"roads.geojson":    func(w io.Writer, _ int) error { _, err := io.WriteString(w, griddata.Road); return err },
	} {
		if err := write(filepath.Join(args[1], name), cells, content); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, cells int, content func(io.Writer, int) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := content(f, cells); err != nil {
		return err
	}
	return f.Close()
}
