package simulate

import (
	"fmt"
	"time"

	"github.com/openiroom/iroom/simulate/wire"
)

const (
	second = time.Second
	ms     = time.Millisecond

	// longestIncident is from the start of an incident to its last part; all
	// but the ends of objects and warnings come within 8 s.
	longestIncident = 150 * second
)

// play is a scenario: it sends the parts of one incident and says where it is.
// Turn counts how often the scenario was played, so that places alternate.
type play func(c *City, s *stage, turn int) place

type scenario struct {
	name string
	play play
}

var scenarios = []scenario{
	{"dwelling-fire", dwellingFire},
	{"ram-raid", ramRaid},
	{"fight", fight},
	{"collision", collision},
	{"listed-vehicle", listedVehicle},
	{"vessel-bridge", vesselBridge},
	{"flood", flood},
}

func turnOf[T any](all []T, turn int) T { return all[turn%len(all)] }

func dwellingFire(_ *City, s *stage, turn int) place {
	p := turnOf(dwellings, turn)
	s.call(0, p, houseFire, 1, pick(s.random, []string{
		"Er slaat rook uit een woning, ik zie vlammen achter het raam", "De bovenverdieping van mijn buren staat in brand, kom snel",
	}))
	s.call(1200*ms, p, houseFire, 1, "Brand! Dikke zwarte rook uit het dak, er staan mensen buiten")
	s.object(1800*ms, p.camera, "smoke", 0.78, 25*second)
	s.object(3200*ms, p.camera, "fire", 0.84, 30*second)
	s.report(3800*ms, p, houseFire, 1, "Woningbrand, brandweer en politie ter plaatse gevraagd", "LMN2101", "TS23-1431")
	w := s.warn(4200*ms, smokePlume(p))
	s.call(5600*ms, p, houseFire, 1, pick(s.random, []string{
		"Ik ruik brand en zie een rookwolk boven de straat", "Er komt heel veel rook onze kant op, moeten we binnen blijven?",
	}))
	s.follow(60*second, w, "Update", "NL-Alert: rook trekt weg, houd ramen nog gesloten")
	return p
}

func smokePlume(p place) wire.Warning {
	return wire.Warning{
		MsgType: "Alert", Category: "Fire", Event: "Rookpluim", Urgency: "Immediate", Severity: "Severe", Certainty: "Observed",
		Headline:    "NL-Alert: grote brand, " + p.address,
		Description: "Bij een brand komt veel rook vrij. De rook trekt over de omgeving.",
		Instruction: "Ga naar binnen, sluit ramen en deuren en zet de ventilatie uit.",
		AreaDesc:    "Omgeving " + p.address, Area: square(p.at, 1200), Lasts: time.Hour,
	}
}

func ramRaid(c *City, s *stage, turn int) place {
	p := turnOf(shops, turn)
	s.call(0, p, ramming, 1, pick(s.random, []string{
		"Ze rijden met een auto de pui van de juwelier in!", "Ramkraak bezig, mannen met bivakmutsen slaan de vitrines stuk",
	}))
	s.object(900*ms, p.camera, "car", 0.88, 9*second)
	s.object(1500*ms, p.camera, "person", 0.81, 8*second)
	s.call(2400*ms, p, burglary, 1, "Inbraak in een winkel, ik hoor het alarm en zie een donkere auto wegrijden")
	s.passage(4800*ms, turnOf(p.readers, turn/len(shops)), c.listed(turn))
	return p
}

func fight(_ *City, s *stage, turn int) place {
	p := turnOf(squares, turn)
	s.object(0, p.camera, "crowd", 0.83, 30*second)
	s.call(1300*ms, p, brawl, 1, "Grote vechtpartij, zeker tien man, er wordt met stoelen gegooid")
	for i := range 3 {
		s.object(time.Duration(1800+400*i)*ms, p.camera, "person", 0.76+0.05*float64(i), 12*second)
	}
	s.call(3600*ms, p, brawl, 1, pick(s.random, []string{
		"Ze zijn met een groep aan het vechten, er ligt iemand op de grond", "Er wordt iemand geschopt, stuur politie",
	}))
	s.call(5800*ms, p, brawl, 2, "Vechtpartij, het worden er steeds meer")
	return p
}

func collision(_ *City, s *stage, turn int) place {
	p := turnOf(motorways, turn)
	s.call(0, p, crash, 1, "Aanrijding op de A73, twee auto's, linkerrijstrook dicht")
	s.object(700*ms, p.camera, "car", 0.9, 40*second)
	s.call(1900*ms, p, crash, 1, pick(s.random, []string{
		"Er is net een ongeluk gebeurd, iemand zit nog in de auto", "Kettingbotsing, er lopen mensen op de snelweg",
	}))
	s.object(2600*ms, p.camera, "person", 0.79, 20*second)
	s.row(3700*ms, p, crash, 1)
	s.call(5400*ms, p, crash, 2, "Ongeval op de snelweg, het verkeer staat helemaal vast")
	return p
}

func listedVehicle(c *City, s *stage, turn int) place {
	readers, vehicle := turnOf(pursuits, turn), c.listed(turn+listedPlates/2)
	first := site(readers[0])
	p := place{address: first.Name + ", Roermond", at: first.Point()}
	s.passage(0, readers[0], vehicle)
	s.passage(3400*ms, readers[1], vehicle)
	s.callAbout(4900*ms, p, stolenCar, 2, fmt.Sprintf("Ik zie mijn gestolen auto rijden, kenteken %s", dashed(vehicle)), vehicle)
	return p
}

func flood(_ *City, s *stage, turn int) place {
	p := turnOf(banks, turn)
	w := s.warn(0, wire.Warning{
		MsgType: "Alert", Category: "Geo", Event: "Hoogwater", Urgency: "Expected", Severity: "Severe", Certainty: "Likely",
		Headline:    "Hoogwater op de Maas bij " + p.address,
		Description: "Het waterpeil stijgt snel. De uiterwaarden en lage kades lopen onder.",
		Instruction: "Blijf weg van het water en verplaats uw auto.",
		AreaDesc:    p.address, Area: square(p.at, 1600), Lasts: 6 * time.Hour,
	})
	s.call(1500*ms, p, highWater, 2, "Het water staat tot aan de voordeur")
	s.call(3000*ms, p, highWater, 2, pick(s.random, []string{
		"Onze kelder loopt vol vanuit de Maas", "De weg staat blank, er staat een auto in het water",
	}))
	s.call(5200*ms, p, highWater, 1, "Er zit iemand vast in een auto in het water")
	s.follow(120*second, w, "Cancel", "Ingetrokken: hoogwater op de Maas bij "+p.address)
	return p
}
