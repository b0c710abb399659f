package devices

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/openiroom/iroom/simulate/wire"
)

const (
	indexPath    = "/index.atom"
	documentPath = "/cap/"
	maxWarnings  = 100 // in the index; the oldest go first
)

// warningServer is an issuer of warnings: an Atom index that links to CAP
// documents, both with entity tags.
type warningServer struct {
	base  string
	mu    sync.Mutex
	items []warning // oldest first
}

type warning struct {
	name, title string
	issued      time.Time
	document    []byte
}

func newWarningServer(base string) *warningServer { return &warningServer{base: base} }

// send puts the document up.
func (w *warningServer) send(_ context.Context, m message) error {
	alert, ok := m.emission.Payload.(wire.Warning)
	if !ok {
		return fmt.Errorf("%T is not a warning: %w", m.emission.Payload, errRefused)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.items = append(w.items, warning{alert.Identifier, alert.Headline, time.Now().UTC(), m.payload})
	w.items = w.items[max(0, len(w.items)-maxWarnings):]
	return nil
}

func (w *warningServer) close() error { return nil }

func (w *warningServer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+indexPath, w.serveIndex)
	mux.HandleFunc("GET "+documentPath+"{name}", w.serveDocument)
	return mux
}

func (w *warningServer) serveDocument(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, item := range w.items {
		if item.name == r.PathValue("name") {
			serve(rw, r, "application/cap+xml", item.document)
			return
		}
	}
	http.NotFound(rw, r)
}

func (w *warningServer) serveIndex(rw http.ResponseWriter, r *http.Request) {
	index, err := xml.MarshalIndent(w.index(), "", " ")
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	serve(rw, r, "application/atom+xml", append([]byte(xml.Header), index...))
}

// serve answers 304 to who has the document already.
func serve(rw http.ResponseWriter, r *http.Request, kind string, body []byte) {
	sum := sha256.Sum256(body)
	rw.Header().Set("Content-Type", kind)
	rw.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(body))
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Entries []atomEntry `xml:"entry"`
}

type atomEntry struct {
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Link    atomLink `xml:"link"`
}

type atomLink struct {
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

// index lists the warnings, the newest first.
func (w *warningServer) index() atomFeed {
	w.mu.Lock()
	defer w.mu.Unlock()
	feed := atomFeed{ID: w.base + indexPath, Title: "Waarschuwingen Roermond", Author: wire.CAPSender, Updated: time.Unix(0, 0).UTC().Format(time.RFC3339)}
	for _, item := range slices.Backward(w.items) {
		address := w.base + documentPath + item.name
		feed.Entries = append(feed.Entries, atomEntry{
			ID: address, Title: item.title, Updated: item.issued.Format(time.RFC3339Nano), Link: atomLink{"application/cap+xml", address},
		})
	}
	if len(feed.Entries) > 0 {
		feed.Updated = feed.Entries[0].Updated
	}
	return feed
}
