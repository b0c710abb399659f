package simulate

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/paulmach/orb"
)

// City is a simulated Roermond.
type City struct {
	seed   uint64
	stolen []string

	calmLeast, calmMost time.Duration // between incidents; zero: as in a demonstration
}

// Calm lets so much time pass between incidents, in place of the seconds of a
// demonstration.
func (c *City) Calm(least, most time.Duration) { c.calmLeast, c.calmMost = least, most }

// NewCity makes the city of a seed.
func NewCity(seed uint64) *City {
	c := &City{seed: seed}
	r := c.random("watchlist")
	for len(c.stolen) < listedPlates {
		if p := plate(r); !c.isListed(p) {
			c.stolen = append(c.stolen, p)
		}
	}
	return c
}

// random is a source of its own for each purpose, so that one process does
// not change what another draws.
func (c *City) random(purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(c.seed, h.Sum64()))
}

// StolenPlates is the name of the watchlist of stolen vehicles.
const StolenPlates = "stolen-plates"

// Watchlists gives the entries of each watchlist: canonical plates.
func (c *City) Watchlists() map[string][]string {
	return map[string][]string{StolenPlates: slices.Clone(c.stolen)}
}

// listed is the stolen vehicle whose turn it is.
func (c *City) listed(turn int) string { return turnOf(c.stolen, turn) }

func (c *City) isListed(plate string) bool { return slices.Contains(c.stolen, plate) }

const (
	listedPlates = 24
	metresPerDeg = 111_320 // of latitude
)

// away moves a point by metres to the east and the north.
func away(p orb.Point, east, north float64) orb.Point {
	return round(orb.Point{p.Lon() + east/(metresPerDeg*math.Cos(p.Lat()*math.Pi/180)), p.Lat() + north/metresPerDeg})
}

// near moves a point by at most radius m, evenly over the disc.
func near(r *rand.Rand, p orb.Point, radius float64) orb.Point {
	d, angle := radius*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64()
	return away(p, d*math.Cos(angle), d*math.Sin(angle))
}

// round keeps five decimals of a degree, about a metre.
func round(p orb.Point) orb.Point {
	return orb.Point{math.Round(p[0]*1e5) / 1e5, math.Round(p[1]*1e5) / 1e5}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
