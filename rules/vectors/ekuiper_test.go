package main

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// kuiperRows are the rows of the stream s. The last one moves the clock past
// the windows of the others.
const kuiperRows = `{"s": [
	{"message": {"color": "red", "size": 3, "ts": 1541152486013}, "event_ts": 1541152486013},
	{"message": {"color": "blue", "size": 6, "ts": 1541152486822}, "event_ts": 1541152486822},
	{"message": {"color": "blue", "size": 2, "ts": 1541152487632}, "event_ts": 1541152487632},
	{"message": {"color": "red", "size": 1, "ts": 1541152489252}, "event_ts": 1541152489252}]}`

// TestKuiperQueries runs queries over a few rows: what is calculated of the
// columns is read off the hits, which rows belong together is the rules' alone.
func TestKuiperQueries(t *testing.T) {
	const clock, event = "processing_time (mock clock follows event_ts)", "event_time lateTolerance=1s"
	for _, c := range []struct{ sql, mode, batches, want string }{
		{"SELECT size + 1 as size, size + 1 as b FROM s where size > 5", clock, `[[{"size": 7, "b": 8}]]`, "passed"},
		{"SELECT a + 1 as b, size as a FROM s where size > 5", clock, `[[{"a": 6, "b": 7}]]`, "passed"},
		{"SELECT a + 1 as b, size as a FROM s where size > 5", clock, `[[{"a": 6, "b": 6}]]`, "failed"},
		{"SELECT CASE WHEN size < 3 THEN \"S\" WHEN color = \"red\" THEN \"M\" ELSE \"L\" END as s FROM s", clock, `[[{"s": "M"}], [{"s": "L"}], [{"s": "S"}], [{"s": "S"}]]`, "passed"},
		{"SELECT upper(`color`) FROM s where `color` = \"red\"", clock, `[[{"upper": "RED"}], [{"upper": "RED"}]]`, "passed"},
		{"SELECT color, count(*) as c FROM s GROUP BY TUMBLINGWINDOW(ss, 1) HAVING c > 1", clock, `[[{"color": "red", "c": 2}]]`, "passed"},
		{"SELECT color, count(*) as c FROM s GROUP BY TUMBLINGWINDOW(ss, 1) HAVING c < 2", clock, `[[{"color": "blue", "c": 1}]]`, "passed"},
		{"SELECT color FROM s where size > 2 GROUP BY TUMBLINGWINDOW(ss, 1)", clock, `[[{"color": "red"}, {"color": "blue"}], [], []]`, "passed"},
		{"SELECT color, window_start() FROM s GROUP BY HOPPINGWINDOW(ss, 2, 1) FILTER (WHERE size > 5)", clock, `[[{"color": "blue", "window_start": 1541152485000}], [{"color": "blue", "window_start": 1541152486000}]]`, "passed"},
		{"SELECT color, window_start() FROM s GROUP BY HOPPINGWINDOW(ss, 2, 1)", event, `[]`, "not applicable"},
		{"SELECT size FROM s GROUP BY SlidingWindow(ss, 5) Filter (where color = \"blue\") Over (when size = 2)", clock, `[[{"size": 6}, {"size": 2}]]`, "passed"},
		{"SELECT size FROM s", event, `[[{"size": 3}], [{"size": 6}], [{"size": 2}]]`, "passed"},
		{"SELECT count(*) as c FROM s GROUP BY TUMBLINGWINDOW(ss, 1) HAVING sum(size) > 1", clock, `[]`, "not applicable"},
		{"SELECT size % 2 as odd FROM s", clock, `[]`, "not applicable"},
	} {
		sql, err := json.Marshal(c.sql)
		if err != nil {
			t.Fatal(err)
		}
		content := `{"streams": ` + kuiperRows + `, "cases": [{"case": "c", "mode": "` + c.mode + `", "sql": ` + string(sql) + `, "expected_batches": ` + c.batches + `}]}`
		cases, err := ekuiperCases([]byte(content))
		if err != nil || len(cases) != 1 {
			t.Fatal(cases, err)
		}
		err = cases[0].safely()
		got := "passed"
		switch {
		case isNotApplicable(err):
			got = "not applicable"
		case err != nil:
			got = "failed"
		}
		if got != c.want {
			t.Errorf("%s: %s (%v), want %s", strings.TrimSpace(c.sql), got, err, c.want)
		}
	}
}
