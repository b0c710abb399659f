package cap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	namespace11 = "urn:oasis:names:tc:emergency:cap:1.1"
	namespace12 = "urn:oasis:names:tc:emergency:cap:1.2"
)

var (
	errDocType     = errors.New("the document has a DOCTYPE, which may name files and addresses to read; nothing of it was resolved")
	errUnsupported = errors.New("the document is neither a CAP 1.1 or 1.2 alert nor an Atom or RSS index")
)

// document is what stands in one XML document.
type document struct {
	root     string
	alerts   []*alert
	entries  int          // of an index
	embedded map[int]bool // entries that hold their alert themselves
}

func (d *document) isIndex() bool { return d.root == "feed" || d.root == "rss" || d.root == "RDF" }

// parse reads a document in UTF-8. What stands before an error is kept.
func parse(text []byte) (*document, error) {
	d := &document{embedded: map[int]bool{}}
	err := d.walk(text, true)
	if err == nil && len(d.alerts) == 0 && !d.isIndex() {
		err = fmt.Errorf("%w: its root element is <%s>", errUnsupported, clip(d.root, 100))
	}
	return d, err
}

// walk collects alerts wherever they stand, and counts the entries. Text that
// holds a whole alert, as in an Atom content of type html, is walked once.
func (d *document) walk(text []byte, outer bool) error {
	dec := xml.NewDecoder(bytes.NewReader(text))
	for roots, depth := 0, 0; ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && (roots == 1 || !outer) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.Directive:
			return errDocType
		case xml.EndElement:
			depth--
		case xml.CharData:
			if !outer {
				continue
			}
			if err := d.text(bytes.TrimSpace(t.Copy()), depth); err != nil {
				return err
			}
		case xml.StartElement:
			if depth == 0 {
				if roots++; roots > 1 {
					return fmt.Errorf("there is a second root element <%s>", clip(t.Name.Local, 100))
				}
			}
			taken, err := d.start(dec, t, outer && depth == 0)
			if err != nil {
				return err
			}
			if !taken {
				depth++
			}
		}
	}
}

// text takes character data in.
func (d *document) text(text []byte, depth int) error {
	if depth == 0 && len(text) > 0 {
		return errors.New("there is text outside of the root element")
	}
	if bytes.Contains(text, []byte("alert")) && bytes.Contains(text, []byte("urn:oasis:names:tc:emergency:cap:")) {
		if err := d.walk(text, false); err != nil {
			return fmt.Errorf("an alert given as text: %w", err)
		}
	}
	return nil
}

// start takes an element in; true when it was consumed to its end.
func (d *document) start(dec *xml.Decoder, t xml.StartElement, root bool) (bool, error) {
	if root {
		d.root = t.Name.Local
	}
	switch {
	case t.Name.Local == "alert" && (t.Name.Space == namespace11 || t.Name.Space == namespace12):
		a := &alert{}
		if err := dec.DecodeElement(a, &t); err != nil {
			return false, err
		}
		d.alerts = append(d.alerts, a)
		d.embedded[d.entries-1] = true
		return true, nil
	case t.Name.Local == "alert" && root:
		return false, fmt.Errorf("%w: the namespace of <alert> is %q", errUnsupported, clip(t.Name.Space, 100))
	case d.isIndex() && (t.Name.Local == "entry" || t.Name.Local == "item"):
		d.entries++
	}
	return false, nil
}

var (
	declaration = regexp.MustCompile(`^<\?xml\s[^>]*?\?>`)
	declared    = regexp.MustCompile(`encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)
)

// toUTF8 gives the document in UTF-8, without byte order mark and XML
// declaration. The encoding is that of the mark, else of the declaration,
// else of the content type, else UTF-8.
func toUTF8(raw []byte, contentType string) ([]byte, error) {
	text, _, err := transform.Bytes(unicode.BOMOverride(encoding.Nop.NewDecoder()), raw)
	if err != nil {
		return nil, fmt.Errorf("the byte order mark does not fit the document: %w", err)
	}
	marked := !bytes.Equal(text, raw)
	text = bytes.TrimSpace(text)
	head := declaration.Find(text)
	text = text[len(head):]
	label := "utf-8"
	if m := declared.FindSubmatch(head); m != nil {
		label = strings.ToLower(string(m[1]))
	} else if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		label = strings.ToLower(params["charset"])
	}
	if marked || label == "utf-8" || label == "utf8" {
		if !utf8.Valid(text) {
			return nil, errors.New("the document is not in UTF-8, as it says or leaves open; its encoding must be declared")
		}
		return text, nil
	}
	r, err := charset.NewReaderLabel(label, bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("the encoding %q is not known", label)
	}
	return io.ReadAll(r)
}
