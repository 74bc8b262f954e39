//go:build !unix

package fetch

// lockFolder does nothing here: two processes must not share a cache.
func lockFolder(string) (unlock func(), err error) { return func() {}, nil }
