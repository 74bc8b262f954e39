//go:build race

package jobs

// raceDetector takes more memory than any limit these tests set.
const raceDetector = true
