package study

import _ "embed" // for the schema

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of a study, in JSON or YAML: what it refuses,
// Parse refuses. It follows the types of this package.
func Schema() []byte { return append([]byte(nil), schema...) }
