package bus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion/bus"
)

// TestTLSOnly checks that both listeners speak TLS, that the room itself works
// beside it, and that a pinned client accepts no other certificate.
func TestTLSOnly(t *testing.T) {
	cert, key := certificate(t)
	b := room(t, bus.Options{
		Listen: "127.0.0.1:0", MQTTListen: "127.0.0.1:0", TLSCert: cert, TLSKey: key,
		Users: []bus.User{
			{Name: "wall", Role: bus.RoleReader, Password: "w"},
			{Name: "cams", Role: bus.RoleDevice, Password: "c", Topics: "frigate"},
		},
	})
	pinned, err := bus.PinnedTLS(cert)
	if err != nil {
		t.Fatal(err)
	}
	other, err := bus.PinnedTLS(selfSigned(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config *tls.Config
		in     bool
	}{"pinned": {pinned, true}, "another certificate": {other, false}, "the system's": {&tls.Config{MinVersion: tls.VersionTLS12}, false}} {
		nc, err := nats.Connect(b.ClientURL(), nats.UserInfo("wall", "w"), nats.Secure(c.config))
		if (err == nil) != c.in {
			t.Errorf("NATS, %s: %v", name, err)
		}
		if err == nil {
			nc.Close()
		}
		if err := connectMQTT("ssl://"+b.MQTTAddr(), c.config); (err == nil) != c.in {
			t.Errorf("MQTT, %s: %v", name, err)
		}
	}
	if err := connectMQTT("tcp://"+b.MQTTAddr(), nil); err == nil {
		t.Error("a device gets in without TLS")
	}
}

func connectMQTT(broker string, config *tls.Config) error {
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker).SetTLSConfig(config).SetUsername("cams").SetPassword("c").
		SetClientID("cam").SetConnectTimeout(10 * time.Second).SetAutoReconnect(false).SetConnectRetry(false))
	token := client.Connect()
	token.Wait()
	client.Disconnect(0)
	return token.Error()
}

// certificate writes the certificate and key of a test server.
func certificate(t *testing.T) (cert, key string) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	pair := web.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePEM(t, cert, "CERTIFICATE", pair.Certificate[0])
	writePEM(t, key, "PRIVATE KEY", private)
	return cert, key
}

// selfSigned writes the certificate of somebody else.
func selfSigned(t *testing.T) string {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "other.pem")
	writePEM(t, file, "CERTIFICATE", der)
	return file
}

func writePEM(t *testing.T, file, kind string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
}
