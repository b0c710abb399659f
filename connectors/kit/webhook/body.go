package webhook

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// refusal is a request that cannot be taken, as its sender reads it.
type refusal struct {
	status int
	text   string
}

// body reads a request's body within the limits of size and time and unpacks it.
func (s *session) body(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding")))
	switch encoding {
	case "", "identity", "gzip", "x-gzip":
	default:
		return nil, &refusal{http.StatusUnsupportedMediaType, fmt.Sprintf("the content encoding %q is not known; send the body plain or with gzip", encoding)}
	}
	if r.ContentLength > s.cfg.MaxBytes {
		return nil, s.tooLarge()
	}
	packed, err := s.readAll(w, r)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, s.tooLarge()
		}
		return nil, &refusal{http.StatusBadRequest, "the body did not arrive completely"}
	}
	if encoding == "" || encoding == "identity" {
		return packed, nil
	}
	return s.unpack(packed)
}

// readAll reads the body; a sender that is too slow is cut off.
func (s *session) readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	deadline := time.Now().Add(time.Duration(s.cfg.Timeout))
	if err := control.SetReadDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.cfg.MaxBytes))
	if err != nil {
		return nil, err
	}
	if err := control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	return body, nil
}

func (s *session) unpack(packed []byte) ([]byte, *refusal) {
	damaged := &refusal{http.StatusBadRequest, "the body is not valid gzip"}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, damaged
	}
	body, err := io.ReadAll(io.LimitReader(zip, s.cfg.MaxBytes+1))
	if err != nil {
		return nil, damaged
	}
	if int64(len(body)) > s.cfg.MaxBytes {
		return nil, s.tooLarge()
	}
	return body, nil
}

func (s *session) tooLarge() *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes, which is the limit here", s.cfg.MaxBytes)}
}
