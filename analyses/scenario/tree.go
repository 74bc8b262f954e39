package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	maxBytes = 1 << 20
	maxDepth = 32 // a scenario is five deep
)

// treeOf reads YAML or JSON as one tree whose nodes know their lines. JSON has a
// reader of its own: YAML is no superset of it (tabs, escaped surrogates).
func treeOf(file string, text []byte, want string) (*yaml.Node, *Problem) {
	if len(text) > maxBytes {
		return nil, &Problem{File: file, Says: fmt.Sprintf("%d bytes: want %d at most", len(text), maxBytes)}
	}
	if strings.HasSuffix(strings.ToLower(file), ".json") || bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) && json.Valid(text) {
		return jsonTree(file, text)
	}
	return yamlTree(file, text, want)
}

var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func yamlTree(file string, text []byte, want string) (*yaml.Node, *Problem) {
	bad := func(err error) (*yaml.Node, *Problem) {
		p := &Problem{File: file, Line: 1, Says: err.Error()}
		if m := yamlError.FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " ")); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
				p.Line = n
			}
			p.Says = "no YAML: " + m[2]
		}
		return nil, p
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &Problem{File: file, Line: 1, Says: "an empty file: want " + want}
	} else if err != nil {
		return bad(err)
	}
	if err := dec.Decode(&more); err == nil {
		return nil, &Problem{File: file, Line: max(more.Line, 1), Says: "a second document: want one a file"}
	} else if !errors.Is(err, io.EOF) {
		return bad(err)
	}
	return doc.Content[0], nil
}

// jsonTree reads JSON as the nodes that YAML gives.
func jsonTree(file string, text []byte) (*yaml.Node, *Problem) {
	x := &jsonReader{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	x.dec.UseNumber()
	n, err := x.value(0)
	if err == nil {
		if _, err = x.dec.Token(); errors.Is(err, io.EOF) {
			return n, nil
		}
		err = errors.New("want one JSON object and nothing after it")
	}
	line := x.lineAt(x.dec.InputOffset())
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		line = x.lineAt(syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	return nil, &Problem{File: file, Line: line, Says: "no JSON: " + err.Error()}
}

type jsonReader struct {
	text  []byte
	dec   *json.Decoder
	lines []int // offsets at which lines begin, but for the first
}

// line is that of the token just read.
func (x *jsonReader) line() int { return x.lineAt(x.dec.InputOffset() - 1) }

// lineAt is the line of what comes at the offset, after any spaces.
func (x *jsonReader) lineAt(offset int64) int {
	at := min(int(offset), len(x.text))
	at += len(x.text[at:]) - len(bytes.TrimLeft(x.text[at:], " \t\r\n"))
	if x.lines == nil {
		x.lines = []int{}
		for i, b := range x.text {
			if b == '\n' {
				x.lines = append(x.lines, i+1)
			}
		}
	}
	return 1 + sort.SearchInts(x.lines, at+1)
}

func (x *jsonReader) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d objects and lists within each other", maxDepth)
	}
	token, err := x.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: x.line()}
	switch v := token.(type) {
	case json.Delim:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		if v == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		}
		for x.dec.More() {
			item, err := x.value(depth + 1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		_, err = x.dec.Token()
	case string:
		n.Tag, n.Value = "!!str", v
	case json.Number:
		n.Tag, n.Value = "!!float", v.String()
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(v)
	case nil:
		n.Tag = "!!null"
	}
	return n, err
}
