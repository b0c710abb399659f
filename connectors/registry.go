package connectors

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Registry holds the kinds of connectors that a program knows.
type Registry struct{ kinds map[string]*Kind }

// NewRegistry makes a registry of the kinds.
func NewRegistry(kinds ...*Kind) *Registry {
	r := &Registry{kinds: map[string]*Kind{}}
	for _, k := range kinds {
		r.kinds[k.Name] = k
	}
	return r
}

// Kind returns the kind of that name.
func (r *Registry) Kind(name string) (*Kind, error) {
	if k, ok := r.kinds[name]; ok {
		return k, nil
	}
	return nil, fmt.Errorf("there is no connector kind %q; known are %s", name, strings.Join(r.Names(), ", "))
}

// Names lists the kinds in alphabetical order.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.kinds)) }
