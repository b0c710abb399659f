package cap

import (
	"testing"

	"github.com/openiroom/iroom/connectors/conformance"
)

func TestGolden(t *testing.T) { conformance.Golden(t, Kind, "") }

func FuzzMap(f *testing.F) { conformance.Fuzz(f, Kind, "") }
