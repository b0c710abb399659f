package simulate

import (
	"slices"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/simulate/wire"
)

// SiteKind is what stands at a site.
type SiteKind string

// The kinds of sites.
const (
	SiteCamera SiteKind = "camera" // of Frigate
	SiteReader SiteKind = "reader" // of number plates
	SiteBridge SiteKind = "bridge"
)

// Site is a fixed place of the city.
type Site struct {
	ID       string // a camera's own id
	Kind     SiteKind
	Name     string
	Lon, Lat float64     // deg
	Vendor   wire.Vendor // of a plate reader
}

// Point is where it stands.
func (s Site) Point() orb.Point { return orb.Point{s.Lon, s.Lat} }

// Sites lists the sites of a kind, or all when kind is "".
func (c *City) Sites(kind SiteKind) []Site {
	return slices.DeleteFunc(slices.Clone(sites), func(s Site) bool { return kind != "" && s.Kind != kind })
}

func site(id string) Site {
	i := slices.IndexFunc(sites, func(s Site) bool { return s.ID == id })
	return sites[i]
}

var sites = []Site{
	{"cam-markt", SiteCamera, "Markt", 5.98520, 51.19460, ""},
	{"cam-munsterplein", SiteCamera, "Munsterplein", 5.98790, 51.19330, ""},
	{"cam-stationsplein", SiteCamera, "Stationsplein", 5.99420, 51.19240, ""},
	{"cam-roerkade", SiteCamera, "Roerkade", 5.98180, 51.19250, ""},
	{"cam-kapellerlaan", SiteCamera, "Kapellerlaan", 5.99260, 51.18870, ""},
	{"cam-outlet-oost", SiteCamera, "Designer Outlet, ingang oost", 5.99050, 51.20040, ""},
	{"cam-outlet-parking", SiteCamera, "Designer Outlet, parkeerterrein", 5.98620, 51.20130, ""},
	{"cam-donderberg", SiteCamera, "Donderbergweg", 6.00430, 51.20670, ""},
	{"cam-maasniel", SiteCamera, "Raadhuisstraat Maasniel", 6.01480, 51.20080, ""},
	{"cam-herten", SiteCamera, "Hoofdstraat Herten", 5.96930, 51.17880, ""},
	{"cam-swalmen", SiteCamera, "Markt Swalmen", 6.03380, 51.23080, ""},
	{"cam-a73-zuid", SiteCamera, "A73, Roertunnel", 6.02600, 51.17900, ""},
	{"cam-a73-oost", SiteCamera, "A73, Roermond-Oost", 6.03600, 51.20000, ""},
	{"cam-a73-noord", SiteCamera, "A73, tunnel Swalmen", 6.05350, 51.23600, ""},

	{"anpr-n280-west", SiteReader, "N280, Maasbrug west", 5.97350, 51.19860, wire.OpenALPR},
	{"anpr-n280-oost", SiteReader, "N280, afslag A73", 6.02900, 51.19610, wire.PlateRecognizer},
	{"anpr-singel", SiteReader, "Minister Beverstraat", 5.98950, 51.19620, wire.Axis},
	{"anpr-zuid", SiteReader, "Heinsbergerweg", 5.99720, 51.18720, wire.OpenALPR},
	{"anpr-mijnheerkens", SiteReader, "Mijnheerkensweg", 6.00150, 51.20300, wire.PlateRecognizer},
	{"anpr-herten", SiteReader, "Sint Wirosingel", 5.97700, 51.18400, wire.Axis},
	{"anpr-maasniel", SiteReader, "Elmpterweg", 6.02000, 51.20300, wire.OpenALPR},
	{"anpr-swalmen", SiteReader, "Rijksweg Swalmen", 6.03100, 51.22700, wire.PlateRecognizer},
	{"anpr-a73-zuid", SiteReader, "A73 hmp 18,2", 6.02350, 51.17600, wire.OpenALPR},
	{"anpr-a73-noord", SiteReader, "A73 hmp 24,6", 6.04650, 51.21700, wire.Axis},

	{"brug-maasbrug", SiteBridge, "Maasbrug", 5.97880, 51.19500, ""},
	{"brug-hatenboer", SiteBridge, "brug Hatenboer", 5.97000, 51.20900, ""},
	{"brug-ool", SiteBridge, "brug Ool", 5.95100, 51.17800, ""},
}
