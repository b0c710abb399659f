package main

import (
	"bytes"
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/openiroom/iroom/simulate"
)

const (
	demoSecret = "demo" // everything of the demo stays on the loopback interface
	demoDevice = "frigate-demo"
	demoExport = "dispatch.csv"
)

//go:embed demo.yaml.tmpl
var demoTemplate string

// writeDemoFiles writes into dir what the demo's room is configured with, as
// an engineer would write it, and returns the configuration.
func writeDemoFiles(dir string, city *simulate.City, capURL, aisAddr string) ([]byte, error) {
	areas, err := city.Areas().MarshalJSON()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"areas.geojson": areas, "demo.secret": []byte(demoSecret)}
	lists := map[string]string{}
	for name, values := range city.Watchlists() {
		lists[name] = name + ".csv"
		files[lists[name]] = []byte("value,note\n" + strings.Join(values, ",reported stolen\n") + ",reported stolen\n")
	}
	var text bytes.Buffer
	err = template.Must(template.New("room").Parse(demoTemplate)).Execute(&text, map[string]any{
		"Device": demoDevice, "Export": demoExport, "CAP": capURL, "AIS": aisAddr, "Lists": lists,
		"Cameras": city.Sites(simulate.SiteCamera), "Readers": city.Sites(simulate.SiteReader),
	})
	if err != nil {
		return nil, err
	}
	files["room.yaml"] = text.Bytes()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}
