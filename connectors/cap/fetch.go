package cap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

const (
	accept    = "application/cap+xml, application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9"
	userAgent = "iRoom-cap/1"

	longestWait = 24 * time.Hour // that a server may ask for
)

// errGone says that a document is no longer there.
var errGone = errors.New("the document is gone")

// busyError says that a server wants to be left alone for a while.
type busyError struct {
	status string
	after  time.Duration // 0: it does not say how long
}

func (e *busyError) Error() string { return "the server answers " + e.status }

// validators are what a server said to recognise a version of a document by.
type validators struct {
	ETag         string `json:"etag,omitzero"`
	LastModified string `json:"last_modified,omitzero"`
}

// fetch gets a document. A nil payload: it has not changed since known.
func (s *source) fetch(ctx context.Context, address string, known validators) (msg connectors.Message, got validators, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return msg, got, fmt.Errorf("%s: %w", address, err)
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("User-Agent", userAgent)
	if known.ETag != "" {
		request.Header.Set("If-None-Match", known.ETag)
	}
	if known.LastModified != "" {
		request.Header.Set("If-Modified-Since", known.LastModified)
	}
	resp, err := s.http.Do(request)
	if err != nil {
		return msg, got, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	switch {
	case resp.StatusCode == http.StatusNotModified:
		return msg, known, nil
	case resp.StatusCode != http.StatusOK:
		return msg, got, fmt.Errorf("%s: %w", address, s.refusal(resp))
	}
	body, err := readDocument(resp.Body)
	if err != nil {
		return msg, got, fmt.Errorf("%s: %w", address, err)
	}
	msg = connectors.Message{
		Payload: body, Origin: address, Received: s.now(),
		Meta: map[string]string{"content-type": resp.Header.Get("Content-Type")},
	}
	return msg, validators{resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")}, nil
}

func (s *source) refusal(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return errGone
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &busyError{resp.Status, retryAfter(resp.Header.Get("Retry-After"), s.now())}
	}
	return fusion.Errorf(fusion.KindUnavailable, "", "the server answers %s", resp.Status)
}

// retryAfter reads seconds or an HTTP date (RFC 9110, 10.2.3).
func retryAfter(header string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}
