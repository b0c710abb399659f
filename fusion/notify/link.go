package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// AckPath is where the room's HTTP listener serves links.
const AckPath = "/ack/"

const leastKey = 32 // bytes

// What is wrong with a link.
var (
	ErrForged  = errors.New("the link is not one of this room")
	ErrExpired = errors.New("the link has expired")
)

// signer makes and checks links. A link is signed with HMAC-SHA256 over the
// incident, the receiver and when it expires; it holds for every revision.
type signer struct {
	base  string
	keys  [][]byte // the first signs, all verify
	valid time.Duration
}

// newSigner resolves the keys; nil when there are no links.
func newSigner(l Links, secret func(ref string) (string, error)) (*signer, error) {
	if l.URL == "" {
		return nil, nil
	}
	s := &signer{base: strings.TrimRight(l.URL, "/"), valid: time.Duration(l.Valid)}
	for _, ref := range append([]string{l.Key}, l.Former...) {
		key, err := secret(ref)
		if err != nil {
			return nil, fusion.Errorf(fusion.KindInvalid, "notify.links", "%w", err)
		}
		if len(key) < leastKey {
			return nil, fusion.Errorf(fusion.KindInvalid, "notify.links", "the key %s has %d bytes", ref, len(key)).
				WithHint("make one of at least %d, like `openssl rand -hex 32`", leastKey)
		}
		s.keys = append(s.keys, []byte(key))
	}
	return s, nil
}

// url is the link of a receiver to an incident, made at a time of the clock on
// the wall.
func (s *signer) url(id fusion.PictureID, receiver string, made time.Time) string {
	payload := strings.Join([]string{string(id), receiver, strconv.FormatInt(made.Add(s.valid).Unix(), 36)}, ".")
	return s.base + AckPath + payload + "." + sign(s.keys[0], payload)
}

func sign(key []byte, payload string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("iroom-ack-1\x00" + payload))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// link is what a link says.
type link struct {
	Incident fusion.PictureID
	Receiver string
	Expires  time.Time
}

// verify reads the last part of a link's path. The error is [ErrForged], or
// [ErrExpired] with what the link says.
func (s *signer) verify(token string, wall time.Time) (l link, err error) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 || !s.signed(token[:at], token[at+1:]) {
		return l, ErrForged
	}
	parts := strings.Split(token[:at], ".")
	if len(parts) != 3 {
		return l, ErrForged
	}
	expires, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil {
		return l, ErrForged
	}
	l = link{fusion.PictureID(parts[0]), parts[1], time.Unix(expires, 0)}
	if !wall.Before(l.Expires) {
		return l, ErrExpired
	}
	return l, nil
}

func (s *signer) signed(payload, mac string) bool {
	good := false
	for _, key := range s.keys {
		good = hmac.Equal([]byte(sign(key, payload)), []byte(mac)) || good
	}
	return good
}
