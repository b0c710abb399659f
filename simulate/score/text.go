package score

import (
	"cmp"
	"fmt"
	"strings"
)

// shown is how many problems of a sort the text lists.
const shown = 40

// fewEvents is how many events that lie wrong in a picture the text explains.
const fewEvents = 5

// String is the report for a person.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d events in %.2f h: %d of %d incidents, %d background; %d in a picture\n",
		r.Events, r.Hours, r.Labelled, r.Incidents, r.Events-r.Labelled, r.Assigned)
	if r.Repeated > 0 {
		fmt.Fprintf(&b, "%d events came again with the same id and changed nothing\n", r.Repeated)
	}
	if n := len(r.UnknownEvents); n > 0 {
		fmt.Fprintf(&b, "%d events of the truth never came, the first is %s\n", n, r.UnknownEvents[0])
	}
	fmt.Fprintf(&b, "\n%-16s %8s %10s %8s %8s\n", "B-cubed", "events", "precision", "recall", "F1")
	for _, x := range r.measures() {
		fmt.Fprintf(&b, "%-16s %8d %10.4f %8.4f %8.4f\n", x.Name, x.Events, x.Precision, x.Recall, x.F1)
	}
	fmt.Fprintf(&b, "\nincidents   %d of %d detected, median delay %.0f s, 90 %% within %.0f s\n",
		r.Detected, r.Incidents, r.DelayMedian, r.DelayP90)
	fmt.Fprintf(&b, "pictures    %d, of which %d false (%.2f per hour) and %d mixed\n", r.Pictures, r.False, r.FalsePerHour, len(r.Mixed))
	r.writeCalibration(&b)
	r.writeRules(&b)
	r.writeProblems(&b)
	return b.String()
}

type measure struct {
	Name string
	BCubed
}

func (r *Report) measures() []measure {
	return []measure{{"all events", r.All}, {"assigned only", r.AssignedOnly}, {"labelled only", r.LabelledOnly}}
}

func (r *Report) writeCalibration(b *strings.Builder) {
	fmt.Fprintf(b, "\n%-14s %8s %8s %8s\n", "confidence", "pictures", "claimed", "real")
	for _, bin := range r.Calibration {
		if bin.Pictures > 0 {
			fmt.Fprintf(b, "%3.0f to %3.0f %%   %8d %8.2f %8.2f\n", bin.From, bin.To, bin.Pictures, bin.Claimed, bin.Real)
		}
	}
	fmt.Fprintf(b, "calibration error %.3f\n", r.CalibrationError)
}

func (r *Report) writeRules(b *strings.Builder) {
	fmt.Fprintf(b, "\n%-28s %6s %6s %10s %10s %8s\n", "rule", "hits", "right", "precision", "incidents", "recall")
	for _, x := range r.Rules {
		fmt.Fprintf(b, "%-28s %6d %6d %10.3f %10d %8.3f\n", x.Rule, x.Hits, x.Right, x.Precision, x.Incidents, x.Recall)
	}
}

func (r *Report) writeProblems(b *strings.Builder) {
	section(b, "pictures that mix incidents", r.Mixed, func(m Mixed) string { return m.line() })
	section(b, "incidents that were split", r.split(), func(i Incident) string {
		return fmt.Sprintf("%s: %d events in %v, %d in none", i.Label, i.Events, i.Pictures, i.Missed)
	})
	section(b, "incidents that were not detected", r.undetected(), func(i Incident) string {
		return fmt.Sprintf("%s: %d events, %d in no picture", i.Label, i.Events, i.Missed)
	})
	section(b, "events of incidents that are in no picture", r.Missed, func(m Miss) string {
		return fmt.Sprintf("%s %s %s, %q: %s", m.Label, m.Event, m.Type, m.Text, m.Why)
	})
}

func section[T any](b *strings.Builder, title string, list []T, line func(T) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s: %d\n", title, len(list))
	for _, x := range list[:min(len(list), shown)] {
		fmt.Fprintf(b, "  %s\n", line(x))
	}
	if more := len(list) - shown; more > 0 {
		fmt.Fprintf(b, "  and %d more; --json lists all\n", more)
	}
}

func (m Mixed) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, %q: ", m.Picture, m.Kind, m.Title)
	for i, p := range m.Parts {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d of %s", len(p.Events), cmp.Or(string(p.Label), "background"))
	}
	for _, p := range m.Parts[1:] {
		for i, id := range p.Events[:min(len(p.Events), fewEvents)] {
			fmt.Fprintf(&b, "\n    %s %s: %s", cmp.Or(string(p.Label), "background"), id, p.Why[i])
		}
	}
	return b.String()
}

func (r *Report) split() []Incident { return r.where(Incident.Split) }
func (r *Report) undetected() []Incident {
	return r.where(func(i Incident) bool { return !i.Detected })
}

func (r *Report) where(is func(Incident) bool) (list []Incident) {
	for _, i := range r.Truth {
		if is(i) {
			list = append(list, i)
		}
	}
	return list
}
