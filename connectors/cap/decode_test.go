package cap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// doc is a sound alert with area elements in its only info block.
func doc(area string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>issuer@example.nl</sender>
<sent>2026-11-01T10:00:00+01:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>nl-NL</language><category>Met</category><event>Storm</event><urgency>Expected</urgency><severity>Severe</severity>
<certainty>Likely</certainty><area><areaDesc>Limburg</areaDesc>` + area + `</area></info></alert>`
}

func mapText(t *testing.T, text string) connectors.Mapping {
	t.Helper()
	return mapWith(t, "languages: [nl, en]", text)
}

func mapWith(t *testing.T, config, text string) connectors.Mapping {
	t.Helper()
	c, err := Kind.New(connectors.Host{Name: "warnings"}, connectors.DecodeYAML([]byte("urls: [https://example.org/i]\n"+config)))
	if err != nil {
		t.Fatal(err)
	}
	return connectors.MapSafely(c.Mapper, Kind, "warnings", connectors.Message{Payload: []byte(text), Received: time.Now()})
}

// only is the one event of a mapping without rejections.
func only(t *testing.T, m connectors.Mapping) *fusion.Event {
	t.Helper()
	if len(m.Events) != 1 || len(m.Rejects) != 0 {
		t.Fatalf("%d events, skips %q, rejections %v", len(m.Events), m.Skips, m.Rejects)
	}
	return m.Events[0]
}

func TestForms(t *testing.T) {
	want := only(t, mapText(t, doc("")))
	text := doc("")
	inner := strings.SplitN(text, "\n", 2)[1]
	prefixed := strings.NewReplacer("</", "</c:", "<", "<c:", "xmlns=", "xmlns:c=").Replace(inner)
	prefixed = strings.ReplaceAll(prefixed, "<c:/c:", "</c:")
	feed := func(content string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:c="urn:oasis:names:tc:emergency:cap:1.2"><entry><id>a</id>` + content + `</entry></feed>`
	}
	utf16le := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(strings.Replace(text, "UTF-8", "UTF-16", 1))) {
		utf16le = append(utf16le, byte(u), byte(u>>8))
	}
	for name, form := range map[string]string{
		"byte order mark":    "\ufeff" + text,
		"UTF-16":             string(utf16le),
		"no declaration":     inner,
		"prefix":             prefixed,
		"comments and CDATA": strings.Replace(inner, ">Storm<", "><!-- x --><![CDATA[Storm]]><", 1),
		"version 1.1":        strings.Replace(text, "cap:1.2", "cap:1.1", 1),
		"white space":        "\n\n" + strings.Replace(text, ">Actual<", ">\n actual <", 1) + "\n<!-- end -->\n",
		"in an entry":        feed(`<content type="text/xml">` + inner + `</content>`),
		"prefixed in entry":  feed(`<content type="text/xml">` + strings.Replace(prefixed, ` xmlns:c="urn:oasis:names:tc:emergency:cap:1.2"`, "", 1) + `</content>`),
		"as text in entry":   feed(`<content type="html"><![CDATA[` + text + `]]></content>`),
		"in an envelope":     `<EDXLDistribution xmlns="urn:x"><contentObject>` + inner + `</contentObject></EDXLDistribution>`,
		"foreign elements":   strings.Replace(inner, "<info>", `<x:sent xmlns:x="urn:x">never</x:sent><info>`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, mapText(t, form))
			if got.ID != want.ID || got.Attrs["event"] != "Storm" || got.Status != fusion.StatusActual || got.Severity != "severe" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	text := doc("")
	for name, c := range map[string]struct{ document, code string }{
		"empty":            {"", "syntax"},
		"not XML":          {"{}", "syntax"},
		"cut off":          {text[:len(text)-9], "syntax"},
		"another root":     {"<html/>", "unsupported"},
		"CAP 1.0":          {strings.Replace(text, namespace12, "http://www.incident.com/cap/1.0", 1), "unsupported"},
		"unknown encoding": {strings.Replace(text, "UTF-8", "x-none", 1), "syntax"},
		"not UTF-8":        {strings.Replace(text, "Storm", "St\xf6rm", 1), "syntax"},
		"entities": {
			strings.Replace(text, "<alert", `<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><alert`, 1),
			"unsupported",
		},
		"undeclared":     {strings.Replace(text, "Storm", "&xxe;", 1), "syntax"},
		"no identifier":  {strings.Replace(text, "<identifier>1</identifier>", "", 1), "missing"},
		"empty sender":   {strings.Replace(text, ">issuer@example.nl<", "> <", 1), "missing"},
		"two senders":    {strings.Replace(text, "<sender>", "<sender>x</sender><sender>", 1), "invalid"},
		"no event":       {strings.Replace(text, "<event>Storm</event>", "", 1), "missing"},
		"no urgency":     {strings.Replace(text, "<urgency>Expected</urgency>", "", 1), "missing"},
		"time, no zone":  {strings.Replace(text, "10:00:00+01:00", "10:00:00", 1), "invalid"},
		"unknown status": {strings.Replace(text, ">Actual<", ">Real<", 1), "invalid"},
		"unknown type":   {strings.Replace(text, ">Alert<", ">Alarm<", 1), "invalid"},
		"unknown scope":  {strings.Replace(text, ">Public<", ">All<", 1), "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mapText(t, c.document)
			if len(got.Events) != 0 || len(got.Rejects) != 1 || got.Rejects[0].Code != c.code {
				t.Fatalf("%d events, %v", len(got.Events), got.Rejects)
			}
			if !utf8.ValidString(got.Rejects[0].Error()) {
				t.Errorf("the reason is not UTF-8: %q", got.Rejects[0])
			}
		})
	}
}

func TestWhatFollowsAnAlertIsRefusedAlone(t *testing.T) {
	for _, rest := range []string{"<alert/>", "garbage", "<broken"} {
		got := mapText(t, doc("")+rest)
		if len(got.Events) != 1 || len(got.Rejects) != 1 || got.Rejects[0].Code != "syntax" {
			t.Errorf("%q: %d events, %v", rest, len(got.Events), got.Rejects)
		}
	}
}

func TestStatusTypeAndScope(t *testing.T) {
	text := doc("")
	for old, list := range map[string][]string{">Actual<": {"Draft", "System"}, ">Alert<": {"Ack", "Error"}} {
		for _, v := range list {
			got := mapText(t, strings.Replace(text, old, ">"+v+"<", 1))
			if len(got.Events)+len(got.Rejects) != 0 || len(got.Skips) != 1 || !strings.Contains(got.Skips[0], strings.ToLower(v)) {
				t.Errorf("%s: %+v", v, got)
			}
		}
	}
	for v, want := range map[string]fusion.Status{"Exercise": fusion.StatusExercise, "Test": fusion.StatusTest} {
		if e := only(t, mapText(t, strings.Replace(text, ">Actual<", ">"+v+"<", 1))); e.Status != want {
			t.Errorf("%s gives %s", v, e.Status)
		}
	}
	for v, want := range map[string]string{"Public": "clear", "Restricted": "amber", "Private": "amber+strict"} {
		if e := only(t, mapText(t, strings.Replace(text, ">Public<", ">"+v+"<", 1))); e.Handling.TLP != want {
			t.Errorf("%s gives %s", v, e.Handling.TLP)
		}
	}
}

func warnings(e *fusion.Event) string { return fmt.Sprint(e.Unmapped["warnings"]) }

func TestGeometry(t *testing.T) {
	const square = "<polygon>51,5 52,5 52,6 51,5</polygon>"
	ring := orb.Polygon{{{5, 51}, {5, 52}, {6, 52}, {5, 51}}}
	for name, c := range map[string]struct {
		area    string
		want    orb.Geometry
		warning string
	}{
		"polygon":          {square, ring, ""},
		"white space":      {"<polygon>\n 51,5\t52,5\n52,6 51,5 </polygon>", ring, ""},
		"two":              {square + square, orb.MultiPolygon{ring, ring}, ""},
		"empty":            {"<polygon/><circle> </circle>", nil, ""},
		"cut off":          {"<polygon>51,5 52,5 52,6 51.00</polygon>", nil, "position 4"},
		"not closed":       {"<polygon>51,5 52,5 52,6 53,6</polygon>", nil, "last position"},
		"stray comma":      {"<polygon>51,5, 52,5 52,6 51,5</polygon>", nil, "position 1"},
		"out of range":     {"<polygon>151,5 52,5 52,6 151,5</polygon>", nil, "outside of the world"},
		"not a number":     {"<polygon>NaN,5 52,5 52,6 NaN,5</polygon>", nil, "outside of the world"},
		"no area":          {"<polygon>51,5 52,5 51,5 52,5 51,5</polygon>", nil, "at least 3"},
		"one sound":        {square + "<polygon>51,5</polygon>", ring, "polygon"},
		"circle":           {"<circle>51,5 2.5</circle>", orb.Point{5, 51}, ""},
		"point":            {"<circle>51,5 0</circle>", orb.Point{5, 51}, ""},
		"two points":       {"<circle>51,5 0</circle><circle>51,6 0</circle>", orb.MultiPoint{{5, 51}, {6, 51}}, ""},
		"bad circle":       {"<circle>51,5 -1</circle>", nil, "radius"},
		"polygon, point":   {square + "<circle>51,5 0</circle>", orb.Collection{orb.MultiPolygon{ring}, orb.MultiPoint{{5, 51}}}, ""},
		"at the date line": {"<circle>51,179.9 100</circle>" + square, orb.Collection{orb.MultiPolygon{ring}, orb.MultiPoint{{179.9, 51}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := only(t, mapText(t, doc(c.area)))
			var got orb.Geometry
			if e.Geometry != nil {
				got = e.Geometry.Geometry
			}
			if (c.want == nil) != (got == nil) || got != nil && !orb.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			if c.warning == "" && e.Unmapped["warnings"] != nil || !strings.Contains(warnings(e), c.warning) {
				t.Errorf("warnings: %s", warnings(e))
			}
			if name == "circle" && e.CE() != 2500 {
				t.Errorf("circular error %g m", e.CE())
			}
		})
	}
}

func TestCircleBesideAPolygonIsDrawn(t *testing.T) {
	e := only(t, mapText(t, doc("<polygon>51,5 52,5 52,6 51,5</polygon><circle>51,5 10</circle>")))
	drawn := e.Geometry.Geometry.(orb.MultiPolygon)[1][0]
	for _, p := range drawn {
		if d := fusion.Distance(p, orb.Point{5, 51}); d < 9990 || d > 10010 {
			t.Errorf("a corner is %g m from the centre", d)
		}
	}
	if drawn.Orientation() != orb.CCW || len(drawn) != circleCorners+1 {
		t.Errorf("%d corners, orientation %d", len(drawn), drawn.Orientation())
	}
}

func TestOriginalOfATornPolygonIsKept(t *testing.T) {
	e := only(t, mapText(t, doc("<polygon>51,5 52,5...</polygon>")))
	if got := fmt.Sprint(e.Unmapped["polygon"]); got != "[51,5 52,5...]" {
		t.Errorf("%s", got)
	}
}

func TestGeocodesOnly(t *testing.T) {
	e := only(t, mapText(t, doc(`<geocode><valueName>EMMA_ID</valueName><value>NL011</value></geocode>
		<geocode><valueName>EMMA_ID</valueName><value>NL012</value></geocode><geocode><valueName>x</valueName><value/></geocode>`)))
	if got := fmt.Sprint(e.Attrs["geocodes"]); got != "map[EMMA_ID:[NL011 NL012]]" || e.Geometry != nil {
		t.Errorf("%s, %v", got, e.Geometry)
	}
}

// in gives a document with one info block for each language or replacement.
func in(blocks ...string) string {
	text := doc("")
	from, to := strings.Index(text, "<info>"), strings.Index(text, "</alert>")
	info, all := text[from:to], ""
	for _, b := range blocks {
		all += strings.NewReplacer(strings.Split(b, "|")...).Replace(info)
	}
	return text[:from] + all + text[to:]
}

func TestLanguages(t *testing.T) {
	text := in("nl-NL|fr-FR", "nl-NL|en-GB", "nl-NL|nl-BE")
	for config, want := range map[string]string{
		"languages: [nl, en]": "nl-BE", "languages: [en, nl]": "en-GB", "languages: [de]": "fr-FR", "": "fr-FR",
		"languages: [NL-be, fr]": "nl-BE",
	} {
		got := mapWith(t, config, text)
		if e := only(t, got); e.Language != want || len(got.Skips) != 2 {
			t.Errorf("%q gives %s, skips %q", config, e.Language, got.Skips)
		}
	}
}

func TestBlocksOfOneLanguage(t *testing.T) {
	got := mapText(t, in("Severe|Minor|Limburg|Noord|>Met<|>Fire<", "Severe|Extreme|Limburg|Zuid",
		"Limburg|Midden|<urgency>|<responseType>AllClear</responseType><urgency>"))
	e := only(t, got)
	if e.Severity != "extreme" || fmt.Sprint(e.Attrs["areas"]) != "[Noord Zuid]" || fmt.Sprint(e.Category) != "[fire met]" {
		t.Errorf("%s, %v, %v", e.Severity, e.Attrs["areas"], e.Category)
	}
	if len(got.Skips) != 1 || !strings.Contains(got.Skips[0], "all-clear") {
		t.Errorf("skips %q", got.Skips)
	}
}

func TestDoubtfulValuesAreTaken(t *testing.T) {
	e := only(t, mapText(t, in("Severe||Expected|Soon|Likely|Very Likely|<area>|<expires>tomorrow</expires><area>")))
	if e.Severity != "unknown" || e.Urgency != "unknown" || e.Certainty != "likely" || !e.ExpiryTime.IsZero() {
		t.Errorf("%s, %s, %s, %s", e.Severity, e.Urgency, e.Certainty, e.ExpiryTime)
	}
	for _, word := range []string{"severity", "urgency", "expires"} {
		if !strings.Contains(warnings(e), word) {
			t.Errorf("no warning of %s: %s", word, warnings(e))
		}
	}
}

func TestBigAlertsFit(t *testing.T) {
	var big strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&big, "51.%05d,5.%05d ", i%977, i)
	}
	text := doc("<polygon>50,5 " + big.String() + "50,5</polygon>")
	text = strings.Replace(text, "<area>", "<description>"+strings.Repeat("é", 20000)+"</description><parameter><valueName>x</valueName><value>y</value></parameter><area>", 1)
	e := only(t, mapText(t, text))
	b, err := fusion.Encode(e)
	if err != nil || len(b) > fusion.MaxEventBytes {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	if e.Geometry == nil || !strings.HasSuffix(e.Description, "[…]") || !strings.Contains(warnings(e), "description was too long") {
		t.Errorf("geometry %v, %s", e.Geometry != nil, warnings(e))
	}
	if !strings.Contains(warnings(e), "corners") {
		t.Errorf("no word of the corners: %s", warnings(e))
	}
}

func TestAlertsOfVeryManyPolygonsKeepTheirWords(t *testing.T) {
	var area strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&area, "<polygon>51.%05d,5 52,5.5 52,6.25 51.%05d,5</polygon>", i, i)
	}
	for i := range 1000 {
		fmt.Fprintf(&area, "<geocode><valueName>%d</valueName><value>%s</value></geocode>", i, strings.Repeat("x", 500))
	}
	e := only(t, mapText(t, doc(area.String())))
	b, err := fusion.Encode(e)
	if err != nil || len(b) > fusion.MaxEventBytes || e.Geometry != nil || e.Attrs["event"] != "Storm" || e.Attrs["geocodes"] != nil {
		t.Fatalf("%d bytes, %v, %v", len(b), err, e.Attrs["event"])
	}
	if !strings.Contains(warnings(e), "geometry was left out") || !strings.Contains(warnings(e), "geocodes were left out") {
		t.Errorf("%s", warnings(e))
	}
}

func TestManyShapesAreBounded(t *testing.T) {
	e := only(t, mapText(t, doc(strings.Repeat("<circle>51,5 1</circle>", 2000))))
	if !strings.Contains(warnings(e), "at most 50000") || e.CE() != 1000 {
		t.Errorf("circular error %g m, %s", e.CE(), warnings(e))
	}
}

func TestReferences(t *testing.T) {
	text := strings.Replace(doc(""), "<info>", "<references>a@b,7,yesterday nonsense issuer@example.nl,1,2026-11-01T10:00:00+01:00</references><info>", 1)
	e := only(t, mapText(t, text))
	if !slices.Equal(e.References, []string{"a@b,7", string(e.ID)}) {
		t.Errorf("%v", e.References)
	}
	if !strings.Contains(warnings(e), "references") {
		t.Error("no warning of a reference that cannot be read")
	}
}

func TestConfiguration(t *testing.T) {
	for name, config := range map[string]string{
		"no address": "interval: 1m", "relative": "urls: [index.xml]", "file": "urls: [\"file:///etc/passwd\"]", "twice": "urls: [http://a/, http://a/]",
		"too often": "urls: [http://a/]\ninterval: 10ms", "scale": "urls: [http://a/]\nreliability: X", "number": "urls: [http://a/]\ncredibility: 7",
		"unknown key": "urls: [http://a/]\nlanguage: nl",
	} {
		if _, err := Kind.New(connectors.Host{Name: "x"}, connectors.DecodeYAML([]byte(config))); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
