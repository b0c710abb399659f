package dispatch

import (
	"testing"

	"github.com/openiroom/iroom/connectors/conformance"
)

func TestGolden(t *testing.T) { conformance.Golden(t, Kind, "") }

func FuzzDecode(f *testing.F) { conformance.Fuzz(f, Kind, "") }
