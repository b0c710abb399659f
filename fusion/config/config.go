// Package config reads the configuration of a room, one YAML file, strictly:
// an unknown key is an error with its line. It checks what can be checked
// without network or state; secrets are named by reference and resolved here.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
)

// Config is the configuration of a room.
type Config struct {
	Room       string            `yaml:"room"` // its name, a token
	Dir        string            `yaml:"dir"`  // where all that the room keeps is kept
	Bus        Bus               `yaml:"bus"`
	HTTP       HTTP              `yaml:"http"`
	Outgoing   Outgoing          `yaml:"outgoing"`
	Rules      string            `yaml:"rules"` // folder of rule files; "" means the rules that iRoom ships
	Areas      string            `yaml:"areas"` // GeoJSON file of polygons with the properties id and name
	Fusion     engine.Params     `yaml:"fusion"`
	Lists      map[string]string `yaml:"lists"` // watchlists to load at start: name to CSV file
	Checkpoint Checkpoint        `yaml:"checkpoint"`
	Retention  []Class           `yaml:"retention"`
	Connectors []Connector       `yaml:"connectors"`
	Notify     Raw               `yaml:"notify"` // who is told of what; package fusion/notify understands it

	base string // folder of the file: relative paths start there
}

// Bus is the NATS server of the room: embedded, or an external one by URL.
type Bus struct {
	URL         string `yaml:"url"`
	Credentials string `yaml:"credentials"` // file
	Listen      string `yaml:"listen"`      // host:port for NATS clients; "" means none
	MQTT        string `yaml:"mqtt"`        // host:port for MQTT devices; "" means none
	Cert        string `yaml:"cert"`        // PEM file; with a key both listeners speak TLS only
	Key         string `yaml:"key"`
	MaxStore    Size   `yaml:"max_store"`
	Users       []User `yaml:"users"`
}

// User is an account on the bus.
type User struct {
	Name     string `yaml:"name"`
	Role     string `yaml:"role"`     // connector, desk, reader, operator, supervisor, engineer, device
	Password string `yaml:"password"` // reference to a secret; with a bus that has a url, the server keeps it
	Topics   string `yaml:"topics"`   // of a device: the first level of the topics that it may publish to

	// Of those who ask the desk:
	Areas     []string `yaml:"areas"`      // that it may see; none: all
	Kinds     []string `yaml:"kinds"`      // of incidents that it may see; none: all
	TLP       string   `yaml:"tlp"`        // highest handling that it may read in full: clear, green, amber, amber+strict, red; "": all
	SpeaksFor []string `yaml:"speaks_for"` // people for whom it may ask and command, "*" for everybody: a wall, or a shared machine
	Purpose   string   `yaml:"purpose"`    // of its requests that give none
}

// HTTP is the listener that webhooks reach.
type HTTP struct {
	Listen string `yaml:"listen"` // host:port
	Cert   string `yaml:"cert"`   // PEM file; "" means plain HTTP
	Key    string `yaml:"key"`
}

// Outgoing says where requests of the room may go.
type Outgoing struct {
	Hosts    []string `yaml:"hosts"`
	Networks []string `yaml:"networks"` // private networks that are allowed all the same, CIDR
}

// Checkpoint says how often the state is saved.
type Checkpoint struct {
	Every fusion.Duration `yaml:"every"`
}

// Class is a retention class of the log.
type Class struct {
	Name string          `yaml:"name"`
	Keep fusion.Duration `yaml:"keep"`
}

// Connector configures one connector.
type Connector struct {
	Name     string `yaml:"name"`
	Kind     string `yaml:"kind"`
	InFlight int    `yaml:"in_flight"`
	KeepRaw  bool   `yaml:"keep_raw"`
	Config   Raw    `yaml:"config"`
}

// Raw is a part of the file that somebody else understands.
type Raw struct{ node ast.Node }

// UnmarshalYAML keeps the part.
func (r *Raw) UnmarshalYAML(n ast.Node) error {
	r.node = n
	return nil
}

// Decode fills a struct from the part, strictly.
func (r Raw) Decode(into any) error {
	if r.node == nil {
		return nil
	}
	if err := yaml.NodeToValue(r.node, into, yaml.Strict()); err != nil {
		return errors.New(located(err))
	}
	return nil
}

// Load reads and checks a configuration file.
func Load(file string) (*Config, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "read the configuration", "%w", err).
			WithHint("name the file with --config; deploy/room.yaml is an example")
	}
	return Parse(file, b)
}

// Parse reads and checks a configuration; file is its name for errors.
func Parse(file string, b []byte) (*Config, error) {
	c := &Config{base: filepath.Dir(file)}
	if err := yaml.UnmarshalWithOptions(b, c, yaml.Strict()); err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "configuration "+file, "%s", located(err))
	}
	c.defaults()
	if err := c.check(); err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "configuration "+file, "%w", err)
	}
	return c, nil
}

// located says where in the file an error is, in one line.
func located(err error) string {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil {
		return err.Error()
	}
	at := y.GetToken().Position
	return fmt.Sprintf("line %d, column %d: %s", at.Line, at.Column, y.GetMessage())
}

// Path resolves a path of the file: relative ones start at its folder.
func (c *Config) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.base, p)
}

// Secret resolves a reference to a secret: env:NAME, or file:PATH, where a
// relative path starts at the folder of the configuration.
func (c *Config) Secret(ref string) (string, error) { return Secret(ref, c.base) }

// Secret resolves a reference to a secret; relative paths start at base.
func Secret(ref, base string) (string, error) {
	switch kind, where, _ := strings.Cut(ref, ":"); kind {
	case "env":
		if v := os.Getenv(where); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("the environment variable %s for the secret %s is empty", where, ref)
	case "file":
		if !filepath.IsAbs(where) {
			where = filepath.Join(base, where)
		}
		b, err := os.ReadFile(where)
		if err != nil {
			return "", fmt.Errorf("the secret %s: %w", ref, err)
		}
		return strings.TrimSpace(string(b)), nil
	}
	return "", errors.New("a secret is given by reference, env:NAME or file:PATH, never by itself")
}
