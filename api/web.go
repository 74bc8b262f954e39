package api

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// built is the map page as `make web` leaves it; without it only a placeholder.
//
//go:embed all:web/dist
var built embed.FS

// page returns the built page's files.
func page() fs.FS {
	sub, err := fs.Sub(built, "web/dist")
	if err != nil {
		panic("api: " + err.Error()) // the path is a constant
	}
	return sub
}

const notBuilt = `<!doctype html>
<html lang="fr">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Maillage</title>
<h1>Maillage</h1>
<p>La carte n'est pas construite. Lancez <code>make web</code>, puis recompilez. L'API répond déjà : <a href="/api/v1/territory">/api/v1/territory</a>.</p>
<p lang="en">The map page is not built. Run <code>make web</code>, then build again. The API already answers: <a href="/openapi.json">/openapi.json</a>.</p>
</html>
`

// static serves the page's files; it answers false for a path that is not one.
// Files under assets/ carry their hash in their name and never change.
func static(files fs.FS, w http.ResponseWriter, r *http.Request) bool {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	switch name {
	case "":
		name = "index.html"
	case "api/docs":
		name = "docs.html"
		w.Header().Set("Content-Security-Policy", docsPolicy)
	}
	data, err := fs.ReadFile(files, name)
	if err != nil || strings.HasPrefix(path.Base(name), ".") {
		if name != "index.html" && name != "docs.html" {
			return false
		}
		data, name = []byte(notBuilt), "index.html"
	}
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	sum := sha256.Sum256(data)
	h.Set("ETag", `W/"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	return true
}

// contentType does not ask the machine's own tables, which differ and may call
// a module plain text.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".md", ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
