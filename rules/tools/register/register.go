// Package register makes entries for the Dutch public register of algorithms
// (Algoritmeregister) from what rules say of themselves.
//
// The fields, their lengths and the values of their lists are those of the
// register's publication standard 1.0 (backend/app/schemas/config/v1_0.json of
// MinBZK/Algoritmeregister); the register takes entries in Dutch, so what this
// package says is Dutch. Title, description and purpose are the rule's own.
// What a rule cannot know, the organisation that publishes it adds: contact,
// impact assessments, links, dates.
package register

import (
	"slices"
	"strings"

	"github.com/openiroom/iroom/rules"
)

// Entry is one entry of the register.
type Entry struct {
	StandardVersion     string   `json:"standard_version"`
	SourceID            string   `json:"source_id"` // rule and version
	Name                string   `json:"name"`
	Organization        string   `json:"organization"`
	DescriptionShort    string   `json:"description_short"`
	Category            []string `json:"category"`
	Status              string   `json:"status"`
	ContactEmail        string   `json:"contact_email"` // a mail address, or a URL
	PublicationCategory string   `json:"publication_category"`
	Goal                string   `json:"goal"`
	Proportionality     string   `json:"proportionality"`
	HumanIntervention   string   `json:"human_intervention"`
	Risks               string   `json:"risks"`
	LawfulBasis         string   `json:"lawful_basis"`
	LawfulBasisLinks    []Link   `json:"lawful_basis_grouping"`
	ImpactAssessments   []Link   `json:"impacttoetsen_grouping"`
	SourceData          string   `json:"source_data"`
	MethodsAndModels    string   `json:"methods_and_models"`
	Provider            string   `json:"provider"`
	Tags                string   `json:"tags"`
	Lang                string   `json:"lang"`
}

// Link is a title with where it can be read.
type Link struct {
	Title string `json:"title"`
	Link  string `json:"link,omitempty"`
}

// The values that lists of the standard may have.
var (
	Statuses              = []string{"In ontwikkeling", "In gebruik", "Buiten gebruik"}
	PublicationCategories = []string{"Hoog-risico AI-systeem", "Impactvolle algoritmes", "Overige algoritmes"}
)

// Limits are the lengths of the fields in characters.
var Limits = map[string]int{
	"name": 100, "organization": 100, "description_short": 350, "contact_email": 500, "goal": 2500, "proportionality": 2500,
	"human_intervention": 2500, "risks": 2500, "lawful_basis": 2500, "source_data": 2500, "methods_and_models": 5000, "provider": 200,
	"source_id": 100, "tags": 2500,
}

// Options say what rules do not.
type Options struct {
	Organization string // that publishes the entry
	Contact      string // mail address
	Impact       string // impact assessments that were made, divided by commas
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
	e := Entry{
		StandardVersion: "1.0", SourceID: r.ID + "@" + r.Version, Name: r.Title, Organization: o.Organization,
		DescriptionShort: r.Description, Category: []string{"Openbare orde en veiligheid"}, Status: status[r.Mode], ContactEmail: o.Contact,
		PublicationCategory: publication(r), Goal: r.Purpose.Text, Proportionality: proportionality(r), HumanIntervention: humans(r), Risks: risks,
		LawfulBasis: bases[r.Purpose.Basis].text, SourceData: sourceData(r), MethodsAndModels: methods(r),
		Provider: "Intern ontwikkeld, voor iRoom; eigenaar van de regel: " + r.Owner, Tags: strings.Join(tags(r), ", "), Lang: "nld",
		LawfulBasisLinks: bases[r.Purpose.Basis].links, ImpactAssessments: []Link{},
	}
	for title := range strings.SplitSeq(o.Impact, ",") {
		if title = strings.TrimSpace(title); title != "" {
			e.ImpactAssessments = append(e.ImpactAssessments, Link{Title: title})
		}
	}
	for field := range e.fields() {
		if limit, text := Limits[field.name], field.text; limit > 0 && text != nil {
			*text = clip(*text, limit)
		}
	}
	return e
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

var status = map[rules.Mode]string{rules.ModeLive: Statuses[1], rules.ModeShadow: Statuses[0], rules.ModeOff: Statuses[2]}

// publication is the careful choice: what people are sent to by a rule, or what
// reads protected characteristics, has an impact. The organisation decides.
func publication(r *rules.Rule) string {
	if r.Sensitive != nil || r.Mode == rules.ModeLive && r.Incident.Open {
		return PublicationCategories[1]
	}
	return PublicationCategories[2]
}

func tags(r *rules.Rule) []string {
	all := append([]string{r.Kind, r.Incident.Kind}, r.Incident.Join...)
	all = slices.DeleteFunc(all, func(s string) bool { return s == "" })
	slices.Sort(all)
	return slices.Compact(all)
}
