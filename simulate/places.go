package simulate

import "github.com/paulmach/orb"

// place is where an incident can be: an address, the camera that sees it and
// the plate readers on the ways out.
type place struct {
	address string
	at      orb.Point
	camera  string
	readers []string
}

var (
	dwellings = []place{
		{"Kapellerlaan 112, Roermond", orb.Point{5.9924, 51.1884}, "cam-kapellerlaan", nil},
		{"Raadhuisstraat 31, Roermond-Maasniel", orb.Point{6.0152, 51.2011}, "cam-maasniel", nil},
		{"Markt 9, Swalmen", orb.Point{6.0334, 51.2312}, "cam-swalmen", nil},
		{"Donderbergweg 48, Roermond", orb.Point{6.0047, 51.2070}, "cam-donderberg", nil},
		{"Hoofdstraat 22, Herten", orb.Point{5.9697, 51.1791}, "cam-herten", nil},
	}
	shops = []place{
		{"Stadsweide 2, Designer Outlet, Roermond", orb.Point{5.9897, 51.2006}, "cam-outlet-oost", []string{"anpr-singel", "anpr-mijnheerkens"}},
		{"Raadhuisstraat 6, Roermond-Maasniel", orb.Point{6.0145, 51.2005}, "cam-maasniel", []string{"anpr-maasniel", "anpr-n280-oost"}},
		{"Markt 21, Roermond", orb.Point{5.9855, 51.1943}, "cam-markt", []string{"anpr-singel", "anpr-n280-west"}},
		{"Hoofdstraat 3, Herten", orb.Point{5.9690, 51.1786}, "cam-herten", []string{"anpr-herten"}},
	}
	squares = []place{
		{"Stationsplein, Roermond", orb.Point{5.9941, 51.1925}, "cam-stationsplein", nil},
		{"Markt, Swalmen", orb.Point{6.0337, 51.2309}, "cam-swalmen", nil},
		{"Munsterplein, Roermond", orb.Point{5.9877, 51.1934}, "cam-munsterplein", nil},
		{"Parkeerterrein Designer Outlet, Roermond", orb.Point{5.9865, 51.2012}, "cam-outlet-parking", nil},
		{"Donderbergweg, Roermond", orb.Point{6.0041, 51.2065}, "cam-donderberg", nil},
	}
	motorways = []place{
		{"A73 Li hmp 22,1, ter hoogte van Roermond-Oost", orb.Point{6.0362, 51.2004}, "cam-a73-oost", nil},
		{"A73 Re hmp 26,3, voor de tunnel Swalmen", orb.Point{6.0534, 51.2356}, "cam-a73-noord", nil},
		{"A73 Li hmp 18,9, bij de Roertunnel", orb.Point{6.0257, 51.1787}, "cam-a73-zuid", nil},
	}
	banks = []place{
		{"Oolderweg, Herten", orb.Point{5.9625, 51.1835}, "", nil},
		{"Hatenboer, Roermond", orb.Point{5.9712, 51.2085}, "", nil},
		{"Voorstad Sint Jacob, Roermond", orb.Point{5.9765, 51.1935}, "", nil},
	}
	// quarters are where routine calls come from.
	quarters = []place{
		{"Burgemeester Geuljanslaan, Roermond", orb.Point{5.9970, 51.1905}, "", nil},
		{"Oranjelaan, Roermond", orb.Point{6.0020, 51.2035}, "", nil},
		{"Broekhin Noord, Roermond-Maasniel", orb.Point{6.0190, 51.1955}, "", nil},
		{"Beatrixlaan, Swalmen", orb.Point{6.0290, 51.2345}, "", nil},
		{"Thorbeckelaan, Herten", orb.Point{5.9740, 51.1750}, "", nil},
	}
	bridges = []string{"brug-hatenboer", "brug-ool", "brug-maasbrug"}
	// pursuits are pairs of plate readers on one road, some km apart.
	pursuits = [][2]string{
		{"anpr-a73-zuid", "anpr-n280-oost"},
		{"anpr-n280-west", "anpr-mijnheerkens"},
		{"anpr-swalmen", "anpr-a73-noord"},
		{"anpr-herten", "anpr-zuid"},
	}
)
