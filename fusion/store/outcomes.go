package store

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

const (
	keyRedirect = "redirect/" // merged picture: the one it goes on in
	keyOutcome  = "outcome/"  // rule/version
)

// maxRedirects is far above what people merge in a row.
const maxRedirects = 1000

// Redirect makes the id of a merged picture lead to another; into "" ends
// that.
func (t *Tx) Redirect(id, into fusion.PictureID) error {
	if into == "" {
		return t.remove(keyRedirect + string(id))
	}
	return t.set(keyRedirect+string(id), string(into))
}

// Resolve follows the id of a merged picture to the one in which it goes on;
// any other id leads to itself.
func (t *Tx) Resolve(id fusion.PictureID) (fusion.PictureID, error) {
	for range maxRedirects {
		next, err := t.get(keyRedirect + string(id))
		if errors.Is(err, ErrNotFound) {
			return id, nil
		}
		if err != nil {
			return id, err
		}
		id = fusion.PictureID(next)
	}
	return id, fmt.Errorf("store: the merges that begin at incident %s have no end", id)
}

// Outcomes counts the closed incidents to which a version of a rule
// contributed, by what operators said of them.
type Outcomes struct {
	Rule      string `json:"rule"`
	Version   string `json:"version"`
	Confirmed int    `json:"confirmed"`
	Unfounded int    `json:"unfounded"`
	Other     int    `json:"other"`
}

// CountOutcome adds n to the count of an outcome of a version of a rule.
func (t *Tx) CountOutcome(rule, version, outcome string, n int) error {
	key := keyOutcome + url.QueryEscape(rule) + "/" + url.QueryEscape(version)
	o := Outcomes{Rule: rule, Version: version}
	text, err := t.get(key)
	if err == nil {
		err = json.Unmarshal([]byte(text), &o)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("count the outcomes of rule %s: %w", rule, err)
	}
	switch outcome {
	case fusion.OutcomeConfirmed:
		o.Confirmed += n
	case fusion.OutcomeUnfounded:
		o.Unfounded += n
	default:
		o.Other += n
	}
	b, err := fusion.Encode(o)
	if err != nil {
		return fmt.Errorf("count the outcomes of rule %s: %w", rule, err)
	}
	return t.set(key, string(b))
}

// Outcomes returns the counts of every version of every rule, by rule and
// version.
func (t *Tx) Outcomes() (list []Outcomes, err error) {
	var bad error
	err = t.prefixed(keyOutcome, func(_, value string) bool {
		var o Outcomes
		bad = json.Unmarshal([]byte(value), &o)
		list = append(list, o)
		return bad == nil
	})
	return list, errors.Join(err, bad)
}
