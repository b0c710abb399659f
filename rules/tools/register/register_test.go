package register_test

import (
	"encoding/csv"
	"strings"
	"testing"

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

// TestEntriesFillWhatTheRegisterDemands holds the fields that the standard
// calls obligatory, and its limits of length.
func TestEntriesFillWhatTheRegisterDemands(t *testing.T) {
	for _, e := range entries(t) {
		for name, value := range map[string]string{
			"name": e.Name, "organization": e.Organization, "description_short": e.DescriptionShort, "status": e.Status, "goal": e.Goal,
			"lawful_basis": e.LawfulBasis, "source_data": e.SourceData, "human_intervention": e.HumanIntervention, "risks": e.Risks,
			"methods_and_models": e.MethodsAndModels, "proportionality": e.Proportionality, "contact_email": e.ContactEmail, "impacttoetsen": e.ImpactAssessments,
		} {
			if value == "" {
				t.Errorf("%s has no %s", e.SourceID, name)
			}
		}
		if len([]rune(e.Name)) > 100 || len([]rune(e.DescriptionShort)) > 350 || e.Status != "In gebruik" {
			t.Errorf("%s: %q, %q, %q", e.SourceID, e.Name, e.DescriptionShort, e.Status)
		}
		if !strings.Contains(e.SourceData, "no rule of this system can read them") {
			t.Errorf("%s does not say what it cannot read", e.SourceID)
		}
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
	if text := list[0].String(); !strings.Contains(text, "lawful_basis          Wet politiegegevens, article 8") {
		t.Errorf("%s", text)
	}
}
