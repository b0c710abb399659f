package dispatch

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

const (
	nsGML   = "http://www.opengis.net/gml"
	nsShape = "http://www.opengis.net/pidflo/1.0"
	nsCivic = "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"
)

// pidf is what is read of a PIDF-LO document (RFC 4119, RFC 5491): the first
// geodetic shape and the first civic address.
type pidf struct {
	geometry *fusion.Geometry
	ce       *float64 // m
	method   string
	civic    map[string]string
}

// methods are the registered location methods (RFC 4119) in our words.
var methods = map[string]string{
	"gps": "gps", "a-gps": "gps", "cell": "cell", "wireless": "cell", "otdoa": "cell", "triangulation": "cell", "manual": "human",
}

// shape is a GML shape of GeoShape (RFC 5491): positions are latitude before
// longitude in EPSG:4326 and EPSG:4979.
type shape struct {
	name      string
	positions []float64
	size      int     // of a position: 2, or 3 with an altitude
	radius    float64 // m
}

func parsePIDF(document string) (*pidf, error) {
	p := &pidf{civic: map[string]string{}}
	decoder := xml.NewDecoder(strings.NewReader(document))
	var current *shape
	var inCivic bool
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it is not XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			inCivic = inCivic || t.Name.Space == nsCivic && t.Name.Local == "civicAddress"
			if current == nil && p.geometry == nil {
				if current, err = newShape(t); err != nil {
					return nil, err
				}
			}
			if err := p.readText(decoder, t, current, inCivic); err != nil {
				return nil, err
			}
		case xml.EndElement:
			if t.Name.Local == "civicAddress" {
				inCivic = false
			}
			if current != nil && t.Name.Local == current.name {
				if err := p.take(current); err != nil {
					return nil, err
				}
				current = nil
			}
		}
	}
}

// newShape begins a shape, nil when the element is none.
func newShape(t xml.StartElement) (*shape, error) {
	name := t.Name.Local
	switch {
	case t.Name.Space == nsGML && (name == "Point" || name == "Polygon"):
	case t.Name.Space == nsShape && (name == "Circle" || name == "Ellipse" || name == "ArcBand"):
	default:
		return nil, nil
	}
	s := &shape{name: name, size: 2}
	for _, a := range t.Attr {
		if a.Name.Local != "srsName" {
			continue
		}
		switch {
		case strings.HasSuffix(a.Value, ":4326"):
		case strings.HasSuffix(a.Value, ":4979"):
			s.size = 3
		default:
			return nil, fmt.Errorf("the coordinate system %q is not known; EPSG 4326 and 4979 are", a.Value)
		}
	}
	return s, nil
}

// readText reads the element's text when it is one that is wanted.
func (p *pidf) readText(d *xml.Decoder, t xml.StartElement, s *shape, inCivic bool) error {
	local := t.Name.Local
	isCivic := inCivic && local != "civicAddress"
	isShape := s != nil && (local == "pos" || local == "posList" || local == "radius" || local == "semiMajorAxis" || local == "outerRadius")
	if !isCivic && !isShape && local != "method" {
		return nil
	}
	var text string
	if err := d.DecodeElement(&text, &t); err != nil {
		return fmt.Errorf("%s cannot be read: %w", local, err)
	}
	text = strings.TrimSpace(text)
	switch {
	case isShape:
		return s.read(local, text)
	case isCivic && p.civic[local] == "":
		p.civic[local] = text
	case local == "method":
		p.method = methods[strings.ToLower(text)]
	}
	return nil
}

func (s *shape) read(name, text string) error {
	for field := range strings.FieldsSeq(text) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s is not made of numbers", name)
		}
		if name == "pos" || name == "posList" {
			s.positions = append(s.positions, v)
		} else {
			s.radius = v
		}
	}
	return nil
}

// take makes the geometry of a complete shape.
func (p *pidf) take(s *shape) error {
	if len(s.positions) == 0 || len(s.positions)%s.size != 0 {
		return fmt.Errorf("the %s has no complete position", s.name)
	}
	var ring orb.Ring
	for i := 0; i < len(s.positions); i += s.size {
		lat, lon := s.positions[i], s.positions[i+1]
		if math.Abs(lat) > 90 || math.Abs(lon) > 180 {
			return fmt.Errorf("the %s has a position outside the world; latitude comes first", s.name)
		}
		ring = append(ring, orb.Point{lon, lat})
	}
	if s.name == "Polygon" {
		if len(ring) < 4 || !ring.Closed() {
			return errors.New("the Polygon is not a closed ring of four or more positions")
		}
		p.geometry = &fusion.Geometry{Geometry: orb.Polygon{ring}}
		return nil
	}
	p.geometry = &fusion.Geometry{Geometry: ring[0]}
	if s.radius > 0 && s.radius < 4e7 {
		p.ce = new(s.radius)
	}
	return nil
}
