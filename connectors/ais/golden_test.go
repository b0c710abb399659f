package ais

import (
	"strings"
	"testing"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/conformance"
)

// named fixes the source, so that golden ids do not depend on the sample.
const named = "address: receiver.example:10110\nsource: ais/test\n"

func TestGolden(t *testing.T) { conformance.Golden(t, Kind, named) }

func FuzzMap(f *testing.F) { conformance.Fuzz(f, Kind, named) }

// FuzzMessage starts from single messages, which leads deeper than whole files.
func FuzzMessage(f *testing.F) {
	for _, line := range []string{moored, tagged("g:1-2-7,s:a,c:1428621738", moored), "$GPGGA,1*00", strings.Join(voyageLines, "\n")} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		m := testMapper(t)
		got := connectors.MapSafely(m, Kind, "test", connectors.Message{Payload: payload, Received: received})
		for _, r := range got.Rejects {
			if r.Code == "panic" {
				t.Fatal(r)
			}
		}
	})
}
