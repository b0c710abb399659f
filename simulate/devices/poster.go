package devices

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// poster posts JSON, as plate readers and call takers do.
type poster struct {
	url, token string
	client     *http.Client
}

func newPoster(url, token string) *poster {
	return &poster{url: url, token: token, client: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{}}}
}

func (p *poster) send(ctx context.Context, m message) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(m.payload))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = closed(err, resp.Body) }()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		return err
	}
	switch {
	case resp.StatusCode < 300:
		return nil
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("%s answers %s", p.url, resp.Status) // a room that is starting knows no path yet
	}
	return fmt.Errorf("%s answers %s: %w", p.url, resp.Status, errRefused)
}

func (p *poster) close() error {
	p.client.CloseIdleConnections()
	return nil
}

// closed closes what was read; the first problem counts.
func closed(err error, c io.Closer) error {
	if failed := c.Close(); err == nil {
		return failed
	}
	return err
}
