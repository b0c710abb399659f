package score

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

// Label names a true incident; "" is background.
type Label string

// Truth says of events to which incident they belong.
type Truth map[fusion.EventID]Label

// Line is one line of a truth.
type Line struct {
	Event    fusion.EventID `json:"event"`
	Incident *Label         `json:"incident"` // null: background
}

// ReadTruth reads a truth, one JSON object a line. Empty lines are passed
// over. The first line that is wrong ends it with an error that says which; an
// event that two lines give different incidents is such an error.
func ReadTruth(r io.Reader) (Truth, error) {
	truth := Truth{}
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		last := errors.Is(err, io.EOF)
		if err == nil || last {
			err = truth.add(line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if last {
			return truth, nil
		}
	}
}

func (t Truth) add(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	var l Line
	if err := json.Unmarshal(line, &l, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf(`not a line of a truth, {"event": ID, "incident": LABEL or null}: %w`, err)
	}
	if l.Event == "" {
		return errors.New("names no event")
	}
	var label Label
	if l.Incident != nil {
		if label = *l.Incident; label == "" {
			return errors.New("the incident has an empty label; background is null")
		}
	}
	if known, ok := t[l.Event]; ok && known != label {
		return fmt.Errorf("event %s is of %s, and of %s in an earlier line", l.Event, label.words(), known.words())
	}
	t[l.Event] = label
	return nil
}

func (l Label) words() string {
	if l == "" {
		return "the background"
	}
	return "incident " + string(l)
}
