package mqtt

import (
	"crypto/tls"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openiroom/iroom/connectors"
)

func TestTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	b := startBroker(t, brokerConfig{tls: &tls.Config{Certificates: web.TLS.Certificates}})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600))

	for _, version := range []string{Version5, Version311} {
		t.Run(version, func(t *testing.T) {
			cfg := Config{Broker: "mqtts://" + b.addr, Version: version, Topics: []string{"a"}, CAFile: ca}
			s := open(t, connectors.Host{Name: "yard"}, cfg)
			must(t, b.Publish("a", []byte("1"), false, 1))
			got, acks := read(t, s, 1)
			expect(t, got, "1")
			acks[0](taken)
			must(t, s.Close(t.Context()))

			cfg.CAFile = ""
			stranger, err := New(connectors.Host{Name: "yard"}, cfg)
			must(t, err)
			if err := stranger.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("a certificate that nobody vouches for: %v", err)
			}
		})
	}
}
