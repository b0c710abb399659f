package register_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/tools/register"
)

func entries(t *testing.T) []register.Entry {
	t.Helper()
	set, problems := rules.Load(library.FS)
	if set == nil {
		t.Fatal(problems)
	}
	return register.Entries(set, register.Options{Organization: "Politie", Contact: "x@example.org", Impact: "DPIA 2026"})
}

// obligatory are the fields without which the register takes no entry; the
// others it shows as not filled in.
var obligatory = []string{"name", "organization", "description_short", "status", "contact_email", "publication_category", "lang"}

// TestEntriesAreWhatTheRegisterTakes holds the names, the obligatory fields,
// the lengths and the values of lists of the standard 1.0.
func TestEntriesAreWhatTheRegisterTakes(t *testing.T) {
	for _, e := range entries(t) {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		for _, name := range obligatory {
			if text, _ := fields[name].(string); text == "" {
				t.Errorf("%s has no %s", e.SourceID, name)
			}
		}
		for name, value := range fields {
			if text, ok := value.(string); ok && (text == "" || register.Limits[name] > 0 && len([]rune(text)) > register.Limits[name]) {
				t.Errorf("%s: %s is %q", e.SourceID, name, text)
			}
		}
		if e.Lang != "nld" || e.StandardVersion != "1.0" || !slices.Contains(register.Statuses, e.Status) ||
			!slices.Contains(register.PublicationCategories, e.PublicationCategory) || e.Category[0] != "Openbare orde en veiligheid" {
			t.Errorf("%+v", e)
		}
		if !strings.Contains(e.SourceData, "de regel kan ze niet lezen") {
			t.Errorf("%s does not say what it cannot read", e.SourceID)
		}
	}
}

func one(t *testing.T, text string) register.Entry {
	t.Helper()
	set, problems := rules.Compile(map[string][]byte{"r.yaml": []byte(text)})
	if set == nil {
		t.Fatal(problems)
	}
	return register.Entries(set, register.Options{})[0]
}

const plain = `rule: r
title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: shadow
events: {car: {type: sensor.anpr.passage, when: 'attrs.camera == "c"'}}
match: {event: car}
incident: {kind: k, severity: low, title: T}
`

// TestASensitiveRuleSaysSo: what it reads, why, and who allowed it.
func TestASensitiveRuleSaysSo(t *testing.T) {
	e := one(t, strings.Replace(plain, `attrs.camera == "c"`, `country("vehicle") == "PL"`, 1)+
		"sensitive: {characteristics: [country], justification: Stolen abroad, approved_by: Privacy officer}\n")
	if !strings.Contains(e.SourceData, "beschermde kenmerken: land, ook van een kenteken") || e.PublicationCategory != "Impactvolle algoritmes" ||
		!strings.Contains(e.Proportionality, "Rechtvaardiging: Stolen abroad. Goedgekeurd door: Privacy officer.") {
		t.Errorf("%+v", e)
	}
}

func TestALongDescriptionIsCut(t *testing.T) {
	e := one(t, strings.Replace(plain, "description: D", "description: "+strings.Repeat("é", 400), 1))
	if n := len([]rune(e.DescriptionShort)); n != 350 || !strings.HasSuffix(e.DescriptionShort, "…") || e.Status != "In ontwikkeling" {
		t.Errorf("%d characters, status %s", n, e.Status)
	}
}

func TestWriteCSV(t *testing.T) {
	list := entries(t)
	var b strings.Builder
	if err := register.WriteCSV(&b, list); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != len(list)+1 {
		t.Fatalf("%d rows of %d entries: %v", len(rows), len(list), err)
	}
	if rows[0][0] != "standard_version" || rows[1][2] != list[0].Name {
		t.Errorf("%q\n%q", rows[0], rows[1])
	}
	if text := list[0].String(); !strings.Contains(text, "lawful_basis           Wet politiegegevens, artikel 8") {
		t.Errorf("%s", text)
	}
}
