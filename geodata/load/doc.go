// Package load turns published files into geodata values, one file per format.
//
// Every reader streams its file, keeps the records that are right and says, for
// each one that is not, where it stands (file and line, or feature id), which
// field is wrong, its value, and what would be right. A reader returns an error
// only when nothing of the file can be used: it cannot be opened, it is not of
// the format, it ends in the middle. Errors name the file.
package load
