package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/config"
)

// web is the HTTP listener that webhooks reach. Handlers come and go while it
// runs.
type web struct {
	server   *http.Server
	listener net.Listener

	mu       sync.RWMutex
	handlers map[string]http.Handler
	mux      *http.ServeMux
}

func listenWeb(ctx context.Context, c config.HTTP, path func(string) string, failed func(error)) (*web, error) {
	w := &web{handlers: map[string]http.Handler{}, mux: http.NewServeMux()}
	if c.Listen == "" {
		return w, nil
	}
	var err error
	w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindUnavailable, "listen for webhooks", "%w", err).
			WithHint("stop the program that uses %s, or set another http.listen", c.Listen)
	}
	w.server = &http.Server{
		Handler: w, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	go func() {
		err := w.serve(c, path)
		if err != nil && !errors.Is(err, http.ErrServerClosed) {
			failed(fusion.Errorf(fusion.KindInvalid, "listen for webhooks", "%w", err))
		}
	}()
	return w, nil
}

func (w *web) serve(c config.HTTP, path func(string) string) error {
	if c.Cert != "" {
		return w.server.ServeTLS(w.listener, path(c.Cert), path(c.Key))
	}
	return w.server.Serve(w.listener)
}

// addr is the real address, "" when it does not listen.
func (w *web) addr() string {
	if w.listener == nil {
		return ""
	}
	return w.listener.Addr().String()
}

// ServeHTTP hands a request to the connector that has its pattern.
func (w *web) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	w.mu.RLock()
	mux := w.mux
	w.mu.RUnlock()
	mux.ServeHTTP(rw, req)
}

// handle adds a handler until the returned function is called.
func (w *web) handle(pattern string, h http.Handler) (stop func(), err error) {
	if w.listener == nil {
		return nil, errors.New("the room does not listen for webhooks; set http.listen")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, taken := w.handlers[pattern]; taken {
		return nil, fmt.Errorf("the address %s is taken by another connector", pattern)
	}
	w.handlers[pattern] = h
	if err := w.rebuild(); err != nil {
		delete(w.handlers, pattern)
		return nil, err
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.handlers, pattern)
		_ = w.rebuild() // fewer patterns conflict no more than before
	}, nil
}

// rebuild makes the mux anew, since http.ServeMux cannot forget a pattern. A
// pattern that it refuses is an error.
func (w *web) rebuild() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	mux := http.NewServeMux()
	for pattern, h := range w.handlers {
		mux.Handle(pattern, h)
	}
	w.mux = mux
	return nil
}

func (w *web) stop(ctx context.Context) error {
	if w.server == nil {
		return nil
	}
	return w.server.Shutdown(ctx)
}
