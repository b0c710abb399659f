package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// kuiper is a running server of eKuiper.
type kuiper struct {
	process *exec.Cmd
	url     string
	dir     string
}

const stream = `CREATE STREAM reads () WITH (TYPE="file", DATASOURCE="reads.ndjson", FORMAT="json", TIMESTAMP="time")`

// startKuiper starts the server on loopback, with a copy of its configuration
// in dir, and makes the stream.
func startKuiper(ctx context.Context, p plan, dir string) (*kuiper, error) {
	base := filepath.Join(dir, "kuiper")
	if err := os.CopyFS(filepath.Join(base, "etc"), os.DirFS(p.etc)); err != nil {
		return nil, fmt.Errorf("copy the configuration of eKuiper: %w", err)
	}
	for _, name := range []string{"data", "log", "plugins"} {
		if err := os.MkdirAll(filepath.Join(base, name), 0o750); err != nil {
			return nil, err
		}
	}
	source := fmt.Sprintf("default: {fileType: lines, path: %q, interval: 0, sendInterval: 0}\n", dir)
	if err := os.WriteFile(filepath.Join(base, "etc", "sources", "file.yaml"), []byte(source), 0o600); err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 3)
	if err != nil {
		return nil, err
	}
	k := &kuiper{process: exec.CommandContext(ctx, p.kuiperd), url: "http://127.0.0.1:" + ports[0], dir: dir} //nolint:gosec // the program that the user names
	k.process.Dir = base
	k.process.Env = append(os.Environ(), "KuiperBaseKey="+base, "KUIPER__BASIC__LOGLEVEL=error", "KUIPER__BASIC__PPROF=false",
		"KUIPER__BASIC__RESTIP=127.0.0.1", "KUIPER__BASIC__RESTPORT="+ports[0], "KUIPER__BASIC__IP=127.0.0.1", "KUIPER__BASIC__PORT="+ports[1],
		"KUIPER__SOURCE__HTTPSERVERIP=127.0.0.1", "KUIPER__SOURCE__HTTPSERVERPORT="+ports[2])
	if err := k.process.Start(); err != nil {
		return nil, fmt.Errorf("start eKuiper: %w", err)
	}
	if err := k.await(ctx); err != nil {
		return nil, errors.Join(err, k.stop())
	}
	if err := k.post(ctx, "/streams", map[string]any{"sql": stream}); err != nil {
		return nil, errors.Join(err, k.stop())
	}
	return k, nil
}

// freePorts are numbers of ports on which nobody listens.
func freePorts(ctx context.Context, n int) (ports []string, err error) {
	var held []net.Listener
	for range n {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		held = append(held, l)
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	for _, l := range held {
		err = errors.Join(err, l.Close())
	}
	return ports, err
}

func (k *kuiper) stop() error {
	if err := k.process.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- k.process.Wait() }()
	select {
	case <-done:
		return nil
	case <-time.After(10 * time.Second):
		return errors.Join(k.process.Process.Kill(), <-done)
	}
}

// await waits until the server answers.
func (k *kuiper) await(ctx context.Context) error {
	for range 100 {
		if _, err := k.get(ctx, "/"); err == nil {
			return nil
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return errors.New("eKuiper does not answer 20 s after its start")
}

// pause is how long to wait before asking again.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(200 * time.Millisecond):
		return nil
	}
}

func (k *kuiper) post(ctx context.Context, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	_, err = k.call(ctx, http.MethodPost, path, b)
	return err
}

func (k *kuiper) get(ctx context.Context, path string) ([]byte, error) {
	return k.call(ctx, http.MethodGet, path, nil)
}

func (k *kuiper) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, k.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, strings.TrimSpace(string(answer)))
	}
	return answer, nil
}
