package geopackage

import (
	"context"
	"fmt"
	"strings"

	"github.com/maillage/maillage/internal/gpkg"
)

// shownTables are what people see of every territory and may edit; see moreTables.
var shownTables = []string{"communes", "cells", "facilities", "roads", "territory", "services", "sources"}

const editsTable = "maillage_edits"

// Triggers count the changes of each table that people see, whatever program
// makes them. made is the SQL of the table and its triggers: a table that was made
// anew, or lost its triggers, counts as edited.
const editsSQL = `CREATE TABLE IF NOT EXISTS maillage_edits (
  layer TEXT PRIMARY KEY NOT NULL,
  edits INTEGER NOT NULL,
  made TEXT NOT NULL
)`

// watch begins to count edits.
func watch(ctx context.Context, f *gpkg.File, tables []string) error {
	for _, table := range tables {
		var triggers strings.Builder
		for _, event := range []string{"insert", "update", "delete"} {
			fmt.Fprintf(&triggers, "CREATE TRIGGER maillage_%s_%s AFTER %s ON %s BEGIN UPDATE maillage_edits SET edits = edits + 1 WHERE layer = '%s'; END;\n",
				table, event, strings.ToUpper(event), table, table)
		}
		if _, err := f.ExecContext(ctx, triggers.String()); err != nil {
			return err
		}
	}
	_, err := f.ExecContext(ctx, "DELETE FROM maillage_edits")
	if err != nil {
		return err
	}
	made, err := (&reader{ctx: ctx, file: f.Reader()}).made()
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := f.ExecContext(ctx, "INSERT INTO maillage_edits VALUES (?, 0, ?)", table, made[table]); err != nil {
			return err
		}
	}
	return nil
}

// made is the SQL that made each table that people see, and its triggers.
func (in *reader) made() (map[string]string, error) {
	out := map[string]string{}
	err := in.file.Schema(in.ctx, func(kind, name, table, sql string) {
		if kind == "table" || kind == "trigger" && strings.HasPrefix(name, "maillage_") {
			out[table] += sql + "\n"
		}
	})
	return out, err
}

// watched lists the tables that are watched, in a store.
func (in *reader) watched() (tables []string, err error) {
	err = in.each(editsTable, []string{"layer"}, func(v *row) error {
		tables = append(tables, v.text("layer"))
		return nil
	})
	return tables, err
}

// edited says which of the tables people have changed since they were written.
func (in *reader) edited(tables []string) (map[string]bool, error) {
	made, err := in.made()
	if err != nil {
		return nil, err
	}
	edited := map[string]bool{}
	for _, table := range tables {
		edited[table] = true
	}
	err = in.each(editsTable, []string{"layer", "edits", "made"}, func(v *row) error {
		layer := v.text("layer")
		edited[layer] = v.int("edits") != 0 || v.text("made") != made[layer]
		return nil
	})
	return edited, err
}

func anyOf(edited map[string]bool) bool {
	for _, yes := range edited {
		if yes {
			return true
		}
	}
	return false
}
