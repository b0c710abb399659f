package watchlist

import (
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion/store"
)

func TestRead(t *testing.T) {
	got, err := Read(strings.NewReader("\ufeffplate,case,note,Owner,purpose,expires\n" +
		"ab-12-cd,2026-77,stolen,rtic,theft,2026-03-29\n" +
		"+31 6 12345678,,,,,2026-03-29T10:00:00+02:00\n" +
		"AB12CD,,wanted,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []store.ListEntry{
		{Value: "AB12CD", Note: "wanted"},
		{Value: "+31612345678", Expires: time.Date(2026, 3, 29, 8, 0, 0, 0, time.UTC)},
	}
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d: %v", len(got), len(want), got)
	}
	for i := range want {
		if !got[i].Equal(want[i]) {
			t.Errorf("entry %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestReadKeepsWhoAnswersAndUntilWhen(t *testing.T) {
	got, err := Read(strings.NewReader("plate,case,note,owner,purpose,expires\nAB12CD,2026-77,stolen,rtic,theft,2026-03-28\n"))
	if err != nil {
		t.Fatal(err)
	}
	// The day ends at midnight of the winter time that it still is.
	want := store.ListEntry{
		Value: "AB12CD", Note: "stolen 2026-77", Owner: "rtic", Purpose: "theft",
		Expires: time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC),
	}
	if !got[0].Equal(want) {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	if got[0].String() != "stolen 2026-77 (rtic)" {
		t.Errorf("a hit says %q", got[0])
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "header is not readable",
		"plate,note\n,x\n":                     "line 2: has no value",
		"plate,expires\nA1,yesterday\n":        `line 2: the expiry "yesterday"`,
		"plate,note\n\nA1,x\nA2,x,superfluous": "wrong number of fields",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
}
