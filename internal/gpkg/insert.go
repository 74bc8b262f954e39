package gpkg

import (
	"context"
	"database/sql/driver"
	"fmt"
	"iter"
	"strings"
)

// batchRows is how many rows are handed over at a time.
const batchRows = 128

// batch is some rows, one after the other.
type batch struct {
	values []driver.NamedValue
	rows   int
	err    error // that the rows ended with
}

// insert fills a table; rows may end with an error, and counted is told how many
// have gone by. Rows are made while those before are written, and are handed to the
// driver without the conversions and locks of database/sql, which cost as much as a
// small row.
func (f *File) insert(ctx context.Context, table string, columns int, rows iter.Seq2[[]any, error], counted func(rows int)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	made, used := make(chan *batch, 2), make(chan *batch, 4)
	go func() {
		defer close(made)
		makeBatches(ctx, columns, rows, made, used)
	}()
	marks := strings.TrimSuffix(strings.Repeat("?,", columns), ",")
	query := fmt.Sprintf("INSERT INTO %s VALUES (%s)", quote(table), marks)
	err := f.conn.Raw(func(conn any) error {
		unwatched := context.WithoutCancel(ctx)
		stmt, err := conn.(driver.ConnPrepareContext).PrepareContext(unwatched, query)
		if err != nil {
			return err
		}
		defer stmt.Close() //nolint:errcheck // nothing is pending
		into := stmt.(driver.StmtExecContext)
		for b := range made {
			for row := range b.rows {
				if _, err := into.ExecContext(unwatched, b.values[row*columns:(row+1)*columns]); err != nil {
					return err
				}
			}
			if b.err != nil {
				return b.err
			}
			if counted != nil {
				counted(b.rows)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			used <- b
		}
		return nil
	})
	stop()
	for range made { // until no row is being made any more
	}
	return err
}

// makeBatches hands the rows over until they end or the context does.
func makeBatches(ctx context.Context, columns int, rows iter.Seq2[[]any, error], made chan<- *batch, used <-chan *batch) {
	b := &batch{}
	send := func() bool {
		select {
		case made <- b:
		case <-ctx.Done():
			return false
		}
		select {
		case b = <-used:
			*b = batch{values: b.values[:0]}
		default:
			b = &batch{values: make([]driver.NamedValue, 0, batchRows*columns)}
		}
		return true
	}
	for row, err := range rows {
		if err == nil && len(row) != columns {
			err = fmt.Errorf("%d values for %d columns", len(row), columns)
		}
		if err != nil {
			b.err = err
			break
		}
		b.values = appendNamed(b.values, row)
		if b.rows++; b.rows == batchRows && !send() {
			return
		}
	}
	send()
}

// count reports progress as the rows go by.
func (f *File) count(rows int) {
	before := f.rows
	if f.rows += rows; f.opts.Progress != nil && f.rows/1024 > before/1024 {
		f.opts.Progress(f.rows)
	}
}
