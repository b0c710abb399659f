package score

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed report.html.tmpl
var page string

// HTML writes the report as one page that needs nothing else.
func (r *Report) HTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"x":     func(share float64) float64 { return 40 + 240*share },
		"y":     func(share float64) float64 { return 260 - 240*share },
		"row":   func(i int) int { return 30 * i },
		"times": func(a, b float64) float64 { return a * b },
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, map[string]any{
		"R": r, "Measures": r.measures(), "Delays": r.delays(), "Split": r.split(), "Undetected": r.undetected(),
	})
}

// bar is one bar of a histogram; Share is of the longest.
type bar struct {
	Label string
	Count int
	Share float64
}

// delays counts the incidents by how fast they were detected.
func (r *Report) delays() []bar {
	bounds := []struct {
		label string
		upTo  Delay
	}{{"10 s", 10}, {"30 s", 30}, {"1 min", 60}, {"2 min", 120}, {"5 min", 300}, {"15 min", 900}, {"longer", 1e12}}
	list := make([]bar, len(bounds)+1)
	for i, b := range bounds {
		list[i].Label = b.label
	}
	list[len(bounds)].Label = "never"
	most := 1
	for _, i := range r.Truth {
		at := len(bounds)
		for n := range bounds {
			if i.Detected && i.Delay <= bounds[n].upTo {
				at = n
				break
			}
		}
		list[at].Count++
		most = max(most, list[at].Count)
	}
	for i := range list {
		list[i].Share = float64(list[i].Count) / float64(most)
	}
	return list
}
