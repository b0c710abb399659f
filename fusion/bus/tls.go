package bus

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"os"
)

// listenerTLS is the configuration of the listeners.
func listenerTLS(certFile, keyFile string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, invalid("the certificate of the listeners cannot be used: %w", err).WithHint("name a PEM certificate and its key")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// PinnedTLS trusts the certificate in the PEM file and no other, whatever name
// or address it is reached by. It is for clients on the room's own machine,
// which have the file.
func PinnedTLS(certFile string) (*tls.Config, error) {
	file, err := os.ReadFile(certFile)
	if err != nil {
		return nil, invalid("the certificate of the room cannot be read: %w", err)
	}
	block, _ := pem.Decode(file)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, invalid("%s does not begin with a certificate in PEM form", certFile)
	}
	pinned := block.Bytes
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection accepts the one pinned certificate only
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || !bytes.Equal(s.PeerCertificates[0].Raw, pinned) {
				return errors.New("the server shows another certificate than the room's")
			}
			return nil
		},
	}, nil
}
