package devices

import (
	"context"
	"fmt"
	"os"

	"github.com/openiroom/iroom/simulate/wire"
)

// export is the file of a dispatch system, which grows line by line.
type export struct{ file *os.File }

// PrepareExport makes the file of the dispatch system with its header, when
// there is none, so that a connector can open it before a run.
func PrepareExport(path string) error {
	e, err := openExport(path)
	if err != nil {
		return err
	}
	return e.close()
}

// openExport opens the file; a new one gets its header first.
func openExport(path string) (*export, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("simulated dispatch export: %w", err)
	}
	e := &export{file}
	info, err := file.Stat()
	if err == nil && info.Size() == 0 {
		err = e.header()
	}
	if err != nil {
		return nil, closed(fmt.Errorf("simulated dispatch export: %w", err), file)
	}
	return e, nil
}

func (e *export) header() error {
	line, err := wire.Line(wire.RowHeader...)
	if err == nil {
		_, err = e.file.Write(line)
	}
	return err
}

func (e *export) send(_ context.Context, m message) error {
	_, err := e.file.Write(m.payload)
	return err
}

func (e *export) close() error { return e.file.Close() }
