package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// inKuiper runs the rule of eKuiper until it has processed the file.
func (t task) inKuiper(ctx context.Context, k *kuiper, p plan) (out outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	rows := filepath.Join(k.dir, "kuiper.ndjson")
	action := map[string]any{"nop": map[string]any{}}
	if t.windows {
		action = map[string]any{"file": map[string]any{"path": rows, "fileType": "lines", "format": "json", "sendSingle": true}}
	}
	before, err := k.cpu()
	if err != nil {
		return out, err
	}
	err = k.post(ctx, "/rules", map[string]any{
		"id": "task", "sql": t.sql, "actions": []any{action},
		"options": map[string]any{"isEventTime": t.windows, "lateTolerance": 0, "disableBufferFullDiscard": true, "bufferLength": 1024},
	})
	if err != nil {
		return out, err
	}
	status, err := k.processed(ctx, p.events)
	if err != nil {
		return out, err
	}
	after, err := k.cpu()
	if err != nil {
		return out, err
	}
	if _, err := k.call(ctx, http.MethodDelete, "/rules/task", nil); err != nil {
		return out, err
	}
	out.cpu = after - before
	if !t.windows {
		out.answers.passed = status.sum("sink_", "_records_in_total")
		return out, nil
	}
	out.answers.counts, err = readRows(rows)
	return out, err
}

// counters are what eKuiper says of a rule.
type counters map[string]any

func (c counters) sum(prefix, suffix string) (n int) {
	for name, v := range c {
		if f, ok := v.(float64); ok && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			n += int(f)
		}
	}
	return n
}

// processed waits until all events went through the rule. At the end of the
// file eKuiper stops it; in case it does not, counts that stand still will do.
func (k *kuiper) processed(ctx context.Context, events int) (c counters, err error) {
	for same, last := 0, -1; same < 5; {
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("it has not read the whole file: %w", err)
		}
		b, err := k.get(ctx, "/rules/task/status")
		if err != nil {
			return nil, err
		}
		c = counters{}
		if err := json.Unmarshal(b, &c); err != nil {
			return nil, fmt.Errorf("the status of the rule: %w", err)
		}
		if n := c.sum("", "_exceptions_total"); n > 0 {
			return nil, fmt.Errorf("it reports %d exceptions: %s", n, b)
		}
		all := c.sum("", "_records_in_total")
		switch {
		case c.sum("source_", "_records_in_total") < events:
		case c["status"] == "stopped":
			return c, nil
		case all == last:
			same++
		default:
			same = 0
		}
		last = all
	}
	return c, nil
}

// tick is the unit of the processor times that the kernel tells.
const tick = time.Second / 100

// cpu is the processor time of the process so far.
func (k *kuiper) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", k.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name of the program stands in brackets and may hold anything; user
	// and system time are the 12th and 13th fields behind it.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New("the kernel tells no processor time of the process")
	}
	user, err := strconv.Atoi(string(fields[11]))
	system, err2 := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * tick, errors.Join(err, err2)
}

// parseRows reads counts, one or a list of them a line.
func parseRows(b []byte) (map[row]bool, error) {
	counts := map[row]bool{}
	for line := range bytes.Lines(b) {
		var list []row
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] == '{' {
			line = append(append([]byte{'['}, line...), ']')
		}
		if len(line) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &list); err != nil {
			return nil, fmt.Errorf("the counts: %w", err)
		}
		for _, r := range list {
			if counts[r] {
				return nil, fmt.Errorf("the count of %s stands twice", r.Plate)
			}
			if r.Plate != lastPlate {
				counts[r] = true
			}
		}
	}
	return counts, nil
}
