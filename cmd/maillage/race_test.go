//go:build race

package main

// raceDetector takes more memory than any limit these tests set.
const raceDetector = true
