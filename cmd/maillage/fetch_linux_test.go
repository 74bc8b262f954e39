package main

import (
	"testing"

	"github.com/maillage/maillage/geodata/fetch/fetchtest"
)

func TestFetchOnAFullDisk(t *testing.T) {
	dir := mountSmall(t, 0, "16k") // a few small files fit
	p := fetchtest.Serve(t, fetchtest.Files(t))
	refused(t, exitError, "the disk is full|--cache", valley(p, dir)...)
}
