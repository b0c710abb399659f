package notify

import (
	"os"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/openiroom/iroom/fusion/config"
)

// TestSample holds that the example of a room has a section that compiles.
func TestSample(t *testing.T) {
	data, err := os.ReadFile("../../deploy/room.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Notify config.Raw `yaml:"notify"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	var c Config
	if err := file.Notify.Decode(&c); err != nil {
		t.Fatal(err)
	}
	p, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.routes) == 0 || len(p.rotas) == 0 || len(p.hours) == 0 {
		t.Errorf("it shows %d routes, %d rotas, %d hours", len(p.routes), len(p.rotas), len(p.hours))
	}
}
