package wire

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

// CAPSender is the issuer of the simulated warnings.
const CAPSender = "meldkamer@roermond.example"

// Warning is a CAP 1.2 alert.
type Warning struct {
	Identifier   string
	MsgType      string // Alert, Update, Cancel
	Status       string // Actual, Test
	References   []Reference
	Category     string
	Event        string
	Urgency      string
	Severity     string
	Certainty    string
	Headline     string
	Description  string
	Instruction  string
	AreaDesc     string
	Area         orb.Ring // longitude, latitude
	Sent         time.Duration
	Lasts        time.Duration // from Sent until it expires
	WithoutScope bool          // leaves out an element that CAP requires
}

// Reference names an earlier alert of the same sender.
type Reference struct {
	Identifier string
	Sent       time.Duration
}

type capAlert struct {
	XMLName    xml.Name `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
	Identifier string   `xml:"identifier"`
	Sender     string   `xml:"sender"`
	Sent       string   `xml:"sent"`
	Status     string   `xml:"status"`
	MsgType    string   `xml:"msgType"`
	Scope      string   `xml:"scope,omitempty"`
	References string   `xml:"references,omitempty"`
	Info       capInfo  `xml:"info"`
}

type capInfo struct {
	Language    string  `xml:"language"`
	Category    string  `xml:"category"`
	Event       string  `xml:"event"`
	Urgency     string  `xml:"urgency"`
	Severity    string  `xml:"severity"`
	Certainty   string  `xml:"certainty"`
	Effective   string  `xml:"effective"`
	Expires     string  `xml:"expires"`
	SenderName  string  `xml:"senderName"`
	Headline    string  `xml:"headline"`
	Description string  `xml:"description"`
	Instruction string  `xml:"instruction,omitempty"`
	Area        capArea `xml:"area"`
}

type capArea struct {
	Desc    string `xml:"areaDesc"`
	Polygon string `xml:"polygon"`
}

// Encode writes the alert as XML. CAP's times have no fractions of a second.
func (w Warning) Encode(clock Clock) ([]byte, error) {
	sent := clock(w.Sent)
	a := capAlert{
		Identifier: w.Identifier, Sender: CAPSender, Sent: capTime(sent), Status: w.Status, MsgType: w.MsgType, Scope: "Public",
		References: w.references(clock),
		Info: capInfo{
			Language: "nl-NL", Category: w.Category, Event: w.Event, Urgency: w.Urgency, Severity: w.Severity, Certainty: w.Certainty,
			Effective: capTime(sent), Expires: capTime(sent.Add(w.Lasts)), SenderName: "Veiligheidsregio Limburg-Noord",
			Headline: w.Headline, Description: w.Description, Instruction: w.Instruction,
			Area: capArea{w.AreaDesc, polygon(w.Area)},
		},
	}
	if w.WithoutScope {
		a.Scope = ""
	}
	body, err := xml.MarshalIndent(a, "", " ")
	if err != nil {
		return nil, fmt.Errorf("CAP alert %s: %w", w.Identifier, err)
	}
	return append([]byte(xml.Header), body...), nil
}

func (w Warning) references(clock Clock) string {
	var refs []string
	for _, r := range w.References {
		refs = append(refs, strings.Join([]string{CAPSender, r.Identifier, capTime(clock(r.Sent))}, ","))
	}
	return strings.Join(refs, " ")
}

// polygon is CAP's: latitude before longitude.
func polygon(ring orb.Ring) string {
	pairs := make([]string, len(ring))
	for i, p := range ring {
		pairs[i] = fmt.Sprintf("%.5f,%.5f", p.Lat(), p.Lon())
	}
	return strings.Join(pairs, " ")
}

// capTime is CAP's form of UTC; the standard refuses Z.
func capTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }
