package cap

import (
	"encoding/xml"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// alert is an alert as CAP 1.2 names its elements (section 3.2).
type alert struct {
	Identifier  field    `xml:"identifier"`
	Sender      field    `xml:"sender"`
	Sent        field    `xml:"sent"`
	Status      field    `xml:"status"`
	MsgType     field    `xml:"msgType"`
	Source      field    `xml:"source"`
	Scope       field    `xml:"scope"`
	Restriction field    `xml:"restriction"`
	Addresses   field    `xml:"addresses"`
	Codes       []string `xml:"code"`
	Note        field    `xml:"note"`
	References  field    `xml:"references"`
	Incidents   field    `xml:"incidents"`
	Infos       []info   `xml:"info"`
}

type info struct {
	Language     field      `xml:"language"`
	Categories   []string   `xml:"category"`
	Event        field      `xml:"event"`
	Responses    []string   `xml:"responseType"`
	Urgency      field      `xml:"urgency"`
	Severity     field      `xml:"severity"`
	Certainty    field      `xml:"certainty"`
	Audience     field      `xml:"audience"`
	EventCodes   []pair     `xml:"eventCode"`
	Effective    field      `xml:"effective"`
	Onset        field      `xml:"onset"`
	Expires      field      `xml:"expires"`
	SenderName   field      `xml:"senderName"`
	Headline     field      `xml:"headline"`
	Description  field      `xml:"description"`
	Instruction  field      `xml:"instruction"`
	Web          field      `xml:"web"`
	Contact      field      `xml:"contact"`
	Parameters   []pair     `xml:"parameter"`
	Resources    []resource `xml:"resource"`
	Areas        []area     `xml:"area"`
	languageText string     // the language as it is used, with CAP's default
}

type pair struct {
	Name  string `xml:"valueName"`
	Value string `xml:"value"`
}

type resource struct {
	Desc string `xml:"resourceDesc"`
	Mime string `xml:"mimeType"`
	URI  string `xml:"uri"`
}

type area struct {
	Desc     string   `xml:"areaDesc"`
	Polygons []string `xml:"polygon"`
	Circles  []string `xml:"circle"`
	Geocodes []pair   `xml:"geocode"`
	Altitude field    `xml:"altitude"`
	Ceiling  field    `xml:"ceiling"`
}

// field is an element that may stand at most once. Its text is trimmed;
// elements of other namespaces with the same name are not it.
type field struct {
	text  string
	count int
}

// UnmarshalXML keeps the first text and counts.
func (f *field) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	if start.Name.Space != namespace11 && start.Name.Space != namespace12 {
		return d.Skip()
	}
	var text string
	if err := d.DecodeElement(&text, &start); err != nil {
		return err
	}
	if f.count++; f.count == 1 {
		f.text = strings.TrimSpace(text)
	}
	return nil
}

// required checks the elements without which an alert cannot be told from
// another, dated or obeyed.
func (a *alert) required() *fusion.Rejection {
	for _, e := range []struct {
		name string
		f    field
	}{
		{"identifier", a.Identifier},
		{"sender", a.Sender},
		{"sent", a.Sent},
		{"status", a.Status},
		{"msgType", a.MsgType},
		{"scope", a.Scope},
	} {
		switch {
		case e.f.count == 0:
			return fusion.Reject("missing", e.name, "the alert has no <%s>, which CAP requires", e.name)
		case e.f.count > 1:
			return fusion.Reject("invalid", e.name, "the alert has %d elements <%s>; CAP allows one", e.f.count, e.name)
		case e.f.text == "":
			return fusion.Reject("missing", e.name, "<%s> of the alert is empty", e.name)
		}
	}
	return nil
}

// required checks that the elements of an info block are there; that one is
// empty is not a reason to lose a warning.
func (i *info) required() *fusion.Rejection {
	for _, e := range []struct {
		name  string
		count int
	}{
		{"category", len(i.Categories)},
		{"event", i.Event.count},
		{"urgency", i.Urgency.count},
		{"severity", i.Severity.count},
		{"certainty", i.Certainty.count},
	} {
		if e.count == 0 {
			return fusion.Reject("missing", "info."+e.name, "the <info> has no <%s>, which CAP requires", e.name)
		}
	}
	return nil
}

// parseTime reads a date and time of CAP: ISO 8601 with an offset. An offset
// without colon is understood too. The result is in UTC.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		var again error
		if t, again = time.Parse("2006-01-02T15:04:05Z0700", s); again != nil {
			return t, err
		}
	}
	return t.UTC(), nil
}
