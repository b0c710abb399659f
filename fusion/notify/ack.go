package notify

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/openiroom/iroom/fusion"
)

// AckOptions are what the page of links is made of.
type AckOptions struct {
	Plan    *Plan
	Secret  func(ref string) (string, error)
	Log     *slog.Logger
	Picture func(ctx context.Context, id fusion.PictureID) (*fusion.Picture, error)
	// Acknowledge gives a command to the desk.
	Acknowledge func(ctx context.Context, c fusion.Command) (fusion.CommandResult, error)
}

// ackPage serves links. A GET shows the incident and a button, so that a
// preview or a scanner of links acknowledges nothing; only a POST does.
type ackPage struct {
	AckOptions
	links *signer
	words *wording
	texts *ackWords
}

// AckHandler serves [AckPath]; nil when the plan has no links.
func AckHandler(opt AckOptions) (http.Handler, error) {
	links, err := newSigner(opt.Plan.config.Links, opt.Secret)
	if err != nil || links == nil {
		return nil, err
	}
	language := opt.Plan.config.Language
	p := &ackPage{AckOptions: opt, links: links, words: words[language], texts: ackTexts[language]}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+AckPath+"{token}", p.get)
	mux.HandleFunc("POST "+AckPath+"{token}", p.post)
	return mux, nil
}

// ackView is what the page shows.
type ackView struct {
	Language Language
	Heading  string
	Lines    []string
	Button   string // "": none
}

func (p *ackPage) get(rw http.ResponseWriter, req *http.Request) {
	l, picture, ok := p.open(rw, req)
	if !ok {
		return
	}
	v := p.view(p.texts.confirm, picture)
	v.Button = p.texts.button + " (" + l.Receiver + ")"
	p.show(rw, http.StatusOK, v)
}

func (p *ackPage) post(rw http.ResponseWriter, req *http.Request) {
	l, picture, ok := p.open(rw, req)
	if !ok {
		return
	}
	result, err := p.Acknowledge(req.Context(), fusion.Command{
		ID: commandID(req.URL.Path, picture), Incident: picture.ID, Revision: picture.Revision,
		Actor: l.Receiver + " (by link)", Reason: "acknowledged from a message",
	})
	switch {
	case err != nil:
		p.Log.Warn("a link could not acknowledge", "incident", picture.ID, "receiver", l.Receiver, "problem", err)
		p.show(rw, http.StatusServiceUnavailable, p.view(p.texts.later, picture))
	case !result.Applied:
		p.show(rw, http.StatusConflict, p.view(p.texts.notNow, picture))
	default:
		p.show(rw, http.StatusOK, p.view(p.texts.done, picture))
	}
}

// commandID is the same for the same link to the same revision, so that a
// repeated press of the button is one command.
func commandID(path string, p *fusion.Picture) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s %d", path, p.Revision)).String()
}

// open reads the link and its incident. When that does not lead to an incident
// that waits for an acknowledgement, it shows why.
func (p *ackPage) open(rw http.ResponseWriter, req *http.Request) (l link, picture *fusion.Picture, ok bool) {
	l, err := p.links.verify(req.PathValue("token"), time.Now())
	switch {
	case errors.Is(err, ErrExpired):
		p.show(rw, http.StatusGone, ackView{Heading: p.texts.expired, Lines: []string{string(l.Incident), p.texts.askRoom}})
		return l, nil, false
	case err != nil:
		p.show(rw, http.StatusForbidden, ackView{Heading: p.texts.forged, Lines: []string{p.texts.askRoom}})
		return l, nil, false
	}
	picture, err = p.Picture(req.Context(), l.Incident)
	switch {
	case fusion.KindOf(err) == fusion.KindNotFound && err != nil:
		p.show(rw, http.StatusNotFound, ackView{Heading: p.texts.unknown, Lines: []string{string(l.Incident), p.texts.askRoom}})
	case err != nil:
		p.Log.Warn("a link could not be followed", "incident", l.Incident, "problem", err)
		p.show(rw, http.StatusServiceUnavailable, ackView{Heading: p.texts.later, Lines: []string{string(l.Incident)}})
	case picture.Status != fusion.PictureNew:
		v := p.view(p.texts.already, picture)
		if who := acknowledgedBy(picture); who != "" {
			v.Lines = append(v.Lines, who)
		}
		p.show(rw, http.StatusOK, v)
	default:
		return l, picture, true
	}
	return l, picture, false
}

func acknowledgedBy(p *fusion.Picture) string {
	for _, d := range p.Decisions {
		if d.What == fusion.VerbAcknowledge {
			return d.Text
		}
	}
	return ""
}

func (p *ackPage) view(heading string, picture *fusion.Picture) ackView {
	return ackView{Heading: heading, Lines: []string{
		string(picture.ID), p.words.severity[picture.Severity] + " · " + picture.Kind, picture.Title,
	}}
}

const ackStyle = `body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}` +
	`button{font:inherit;font-weight:600;padding:.8rem 1.2rem;width:100%;border:0;border-radius:.4rem;color:#fff;background:#0b5394}`

var ackTemplate = template.Must(template.New("ack").Parse(`<!doctype html>
<html lang="{{.Language}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Heading}}</title><style>` + ackStyle + `</style>
<h1>{{.Heading}}</h1>
{{range .Lines}}<p>{{.}}</p>
{{end}}{{if .Button}}<form method="post"><button>{{.Button}}</button></form>
{{end}}</html>
`))

// ackPolicy lets the page do nothing but show itself and post to itself.
var ackPolicy = func() string {
	sum := sha256.Sum256([]byte(ackStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

func (p *ackPage) show(rw http.ResponseWriter, status int, v ackView) {
	v.Language = p.Plan.config.Language
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Content-Security-Policy", ackPolicy)
	rw.WriteHeader(status)
	if err := ackTemplate.Execute(rw, v); err != nil {
		p.Log.Debug("a page could not be written", "problem", err)
	}
}

// ackWords are what the page says.
type ackWords struct {
	confirm, button, done, already, notNow, later, expired, forged, unknown, askRoom string
}

var ackTexts = map[Language]*ackWords{
	Dutch: {
		confirm: "Bevestigen dat u dit oppakt?", button: "Ik bevestig", done: "Bevestigd", already: "Dit is al bevestigd",
		notNow: "Dit kan niet meer bevestigd worden", later: "Het lukt nu niet; probeer het zo nog eens",
		expired: "Deze link is verlopen", forged: "Deze link is niet geldig", unknown: "Dit incident is er niet meer",
		askRoom: "Bel de meldkamer als u iets wilt bevestigen.",
	},
	English: {
		confirm: "Acknowledge this incident?", button: "I acknowledge", done: "Acknowledged", already: "This is acknowledged already",
		notNow: "This cannot be acknowledged any more", later: "It does not work just now; try again in a moment",
		expired: "This link has expired", forged: "This link is not valid", unknown: "This incident is here no more",
		askRoom: "Call the operations room if you want to acknowledge something.",
	},
}
