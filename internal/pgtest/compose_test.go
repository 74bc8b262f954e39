package pgtest

import (
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestComposeFile looks at compose.yaml as far as that goes without an engine: it
// is YAML, its services wait for services that are there, and all but the
// database's build from the Containerfile.
func TestComposeFile(t *testing.T) {
	text, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Build, Image, Command string
			Environment           map[string]string
			DependsOn             map[string]struct{ Condition string } `yaml:"depends_on"`
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Services) != 4 {
		t.Errorf("%d services, want db, migrate, serve and worker", len(file.Services))
	}
	for name, s := range file.Services {
		if name == "db" {
			if !strings.HasPrefix(s.Image, "postgis/postgis:") {
				t.Errorf("db runs %s", s.Image)
			}
			continue
		}
		if s.Build != "." || s.Command != name || !strings.HasPrefix(s.Environment["MAILLAGE_ON"], "postgres://") {
			t.Errorf("%s: %+v", name, s)
		}
		for other := range s.DependsOn {
			if _, there := file.Services[other]; !there {
				t.Errorf("%s waits for %s, which is not there", name, other)
			}
		}
	}
	if slots := file.Services["serve"].Environment["MAILLAGE_SLOTS"]; slots != "0" {
		t.Errorf("serve works %q runs at once itself, want 0: there is a worker", slots)
	}
	if _, err := os.Stat("../../Containerfile"); err != nil {
		t.Error(err)
	}
}
