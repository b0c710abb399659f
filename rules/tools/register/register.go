// Package register makes entries for the Dutch public register of algorithms
// (Algoritmeregister) from what rules say of themselves.
//
// The fields have the names of the register's own records, publication
// standard 1.0 (MinBZK/Algoritmeregister-Publicatiestandaard); the values of
// lists in it, such as the status, are Dutch. What a rule cannot know, the
// organisation that publishes it adds: contact, impact assessments, links.
package register

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Entry is one entry of the register.
type Entry struct {
	StandardVersion     string `json:"standard_version"`
	SourceID            string `json:"source_id"` // rule and version
	Name                string `json:"name"`
	Organization        string `json:"organization"`
	Department          string `json:"department"` // the rule's owner
	ContactEmail        string `json:"contact_email"`
	DescriptionShort    string `json:"description_short"`
	Category            string `json:"category"`
	Status              string `json:"status"` // In gebruik, In ontwikkeling, Buiten gebruik
	PublicationCategory string `json:"publication_category"`
	Goal                string `json:"goal"`
	Proportionality     string `json:"proportionality"`
	LawfulBasis         string `json:"lawful_basis"`
	LawfulBasisLink     string `json:"lawful_basis_link"`
	SourceData          string `json:"source_data"`
	MethodsAndModels    string `json:"methods_and_models"`
	HumanIntervention   string `json:"human_intervention"`
	Risks               string `json:"risks"`
	PerformanceStandard string `json:"performance_standard"`
	ImpactAssessments   string `json:"impacttoetsen"`
	Provider            string `json:"provider"`
	Tags                string `json:"tags"`
	Lang                string `json:"lang"`
}

// Options say what rules do not.
type Options struct {
	Organization string // that publishes the entry
	Contact      string // mail address
	Impact       string // impact assessments that were made
}

// Entries makes an entry of each rule of the set, by id.
func Entries(set *rules.Set, o Options) []Entry {
	var list []Entry
	for _, r := range set.Rules() {
		list = append(list, entry(r, o))
	}
	return list
}

func entry(r *rules.Rule, o Options) Entry {
	return Entry{
		StandardVersion: "1.0", SourceID: r.ID + "@" + r.Version, Name: r.Title, Organization: o.Organization, Department: r.Owner,
		ContactEmail: o.Contact, DescriptionShort: clip(r.Description, maxShort), Category: "Openbare orde en veiligheid",
		Status: status[r.Mode], PublicationCategory: "Overige algoritmes", Goal: r.Purpose.Text,
		Proportionality: "The rule looks only at the events named under source_data, keeps them " + keeps(r) + " for matching, and every hit names the rule version, " +
			"the inputs and the parts of the score that made it.",
		LawfulBasis: bases[r.Purpose.Basis].text, LawfulBasisLink: bases[r.Purpose.Basis].link,
		SourceData: sourceData(r), MethodsAndModels: methods(r), HumanIntervention: humans(r), Risks: risks,
		PerformanceStandard: "Shares of hits that people confirmed and found unfounded, per rule version; iroom rules backtest computes them.",
		ImpactAssessments:   o.Impact, Provider: "iRoom", Tags: strings.Join(tags(r), ", "), Lang: "ENG",
	}
}

// maxShort is the longest short description that the standard takes, in
// characters.
const maxShort = 350

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

var status = map[rules.Mode]string{
	rules.ModeLive: "In gebruik", rules.ModeShadow: "In ontwikkeling", rules.ModeOff: "Buiten gebruik",
}

type basis struct{ text, link string }

const wpg = "https://wetten.overheid.nl/BWBR0022463"

var bases = map[string]basis{
	"wpg-8":  {"Wet politiegegevens, article 8: the daily police task", wpg},
	"wpg-9":  {"Wet politiegegevens, article 9: an investigation in a particular case", wpg},
	"wpg-10": {"Wet politiegegevens, article 10: insight into involvement in certain grave threats", wpg},
	"wpg-13": {"Wet politiegegevens, article 13: supporting tasks", wpg},
	"public": {"Information that is public; no police data", ""},
}

func keeps(r *rules.Rule) string {
	if w := r.Window(); w > 0 {
		return "for " + fusion.Duration(w).String()
	}
	return "no longer than it takes to judge them"
}

func sourceData(r *rules.Rule) string {
	var parts []string
	for _, t := range r.Types {
		if id, ok := strings.CutPrefix(string(t), string(fusion.HitType(""))); ok {
			parts = append(parts, "hits of the rule "+id)
		} else {
			parts = append(parts, "events of the type "+string(t))
		}
	}
	return "Reads " + strings.Join(parts, ", ") + ". Nationality, ethnicity, religion, health and country are protected: no rule of this system can read them."
}

func methods(r *rules.Rule) string {
	text := fmt.Sprintf("A rule that people wrote and can read, of the kind %s; no machine learning.", r.Kind)
	if r.Scored() {
		text += " A score with named parts decides against a fixed threshold."
	}
	return text
}

func humans(r *rules.Rule) string {
	text := "The rule decides nothing about people: "
	switch {
	case r.Mode != rules.ModeLive:
		text += "it is measured, or off, and nothing follows from it."
	case r.Incident.Open:
		text += fmt.Sprintf("a hit opens or joins an incident picture (%s, %s), and people of the control room judge it and decide what follows.",
			r.Incident.Kind, r.Incident.Severity)
	case len(r.Incident.Join) > 0:
		text += "a hit adds evidence to incident pictures that are open, and people of the control room judge them."
	default:
		text += "its hits feed other rules only."
	}
	if within := r.After.AcknowledgeWithin; within > 0 {
		text += fmt.Sprintf(" Somebody has to acknowledge it within %s.", within)
	}
	return text
}

const risks = "Wrong or missing readings of a sensor, or wrong reports, can make a false hit or hide a true one. The doubt is carried along: " +
	"candidates of a reading, reliability and credibility of a source, accuracy of a place. Outcomes that people record show how often the rule is right."

func tags(r *rules.Rule) []string {
	all := append([]string{r.Kind, r.Incident.Kind}, r.Incident.Join...)
	all = slices.DeleteFunc(all, func(s string) bool { return s == "" })
	slices.Sort(all)
	return slices.Compact(all)
}

// WriteCSV writes entries with a header; the columns are the fields.
func WriteCSV(w io.Writer, entries []Entry) error {
	out := csv.NewWriter(w)
	t := reflect.TypeFor[Entry]()
	row := make([]string, t.NumField())
	for i := range row {
		row[i] = t.Field(i).Tag.Get("json")
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for _, e := range entries {
		v := reflect.ValueOf(e)
		for i := range row {
			row[i] = v.Field(i).String()
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// String is the entry as people read it.
func (e Entry) String() string {
	var b strings.Builder
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		if text := v.Field(i).String(); text != "" {
			fmt.Fprintf(&b, "%-21s %s\n", v.Type().Field(i).Tag.Get("json"), text)
		}
	}
	return b.String()
}
