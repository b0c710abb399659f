package cap

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
)

// maxEntries bounds how many entries of one index are followed.
const maxEntries = 2000

// entry is one entry of an index.
type entry struct {
	title    string
	link     string // of the CAP document, as the index gives it
	version  string // changes when the entry does, "" when the index does not say
	at       time.Time
	embedded bool // the index itself holds the alert
}

// indexEntries reads an Atom or RSS index, in UTF-8.
func indexEntries(text []byte, doc *document) ([]entry, error) {
	parser := gofeed.NewParser()
	parser.KeepOriginalFeed = true
	feed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("the index cannot be read: %w", err)
	}
	original, _ := feed.OriginalFeed().(*atom.Feed)
	entries := make([]entry, 0, len(feed.Items))
	for i, item := range feed.Items[:min(len(feed.Items), maxEntries)] {
		e := entry{title: clip(item.Title, 200), version: cmp.Or(item.Updated, item.Published), embedded: doc.embedded[i]}
		if at := cmp.Or(item.UpdatedParsed, item.PublishedParsed); at != nil {
			e.at = *at
		}
		e.link = itemLink(item)
		if original != nil && i < len(original.Entries) {
			e.link = cmp.Or(typedLink(original.Entries[i].Links), e.link)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// itemLink is an enclosure of type CAP, else the link, else an id that is an
// address.
func itemLink(item *gofeed.Item) string {
	for _, e := range item.Enclosures {
		if isCAP(e.Type) {
			return strings.TrimSpace(e.URL)
		}
	}
	if item.Link == "" && strings.HasPrefix(item.GUID, "http") {
		return strings.TrimSpace(item.GUID)
	}
	return strings.TrimSpace(item.Link)
}

// typedLink is the link that says to be CAP, where an entry has several.
func typedLink(links []*atom.Link) string {
	for _, l := range links {
		if isCAP(l.Type) {
			return strings.TrimSpace(l.Href)
		}
	}
	return ""
}

func isCAP(mime string) bool { return strings.Contains(strings.ToLower(mime), "cap+xml") }

// key names an entry in a version, to know what was fetched before.
func (e entry) key() string { return e.link + " " + e.version }

// resolve gives the whole address of the entry's document.
func (e entry) resolve(index *url.URL) (string, error) {
	u, err := index.Parse(e.link)
	if err != nil {
		return "", fmt.Errorf("the link %q of the index is not an address", e.link)
	}
	return u.String(), nil
}

// links are the entries of an index whose documents must be fetched, the
// oldest first, so that an alert comes before its update; none of a document
// that is no index or cannot be read.
func links(payload []byte, contentType string) []entry {
	text, err := toUTF8(payload, contentType)
	if err != nil {
		return nil
	}
	doc, err := parse(text)
	if err != nil || !doc.isIndex() {
		return nil
	}
	all, err := indexEntries(text, doc)
	if err != nil {
		return nil
	}
	var out []entry
	for _, e := range all {
		if !e.embedded && e.link != "" {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b entry) int { return a.at.Compare(b.at) })
	return out
}
