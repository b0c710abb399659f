package register

import (
	"fmt"
	"strings"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

type basis struct {
	text  string
	links []Link
}

func wpg(article, about string) basis {
	return basis{
		"Wet politiegegevens, artikel " + article + ": " + about,
		[]Link{{"Wet politiegegevens", "https://wetten.overheid.nl/BWBR0022463"}},
	}
}

var bases = map[string]basis{
	"wpg-8":  wpg("8", "de uitvoering van de dagelijkse politietaak"),
	"wpg-9":  wpg("9", "onderzoek in verband met de handhaving van de rechtsorde in een bepaald geval"),
	"wpg-10": wpg("10", "inzicht in de betrokkenheid van personen bij bepaalde ernstige bedreigingen van de rechtsorde"),
	"wpg-13": wpg("13", "ondersteunende taken"),
	"public": {"Openbare gegevens; er worden geen politiegegevens verwerkt", []Link{}},
}

// characteristics are the protected characteristics in Dutch.
var characteristics = map[string]string{
	"country": "land, ook van een kenteken", "nationality": "nationaliteit of herkomst", "ethnicity": "etniciteit",
	"religion": "godsdienst of levensovertuiging", "health": "gezondheid",
}

func named(list []string) string {
	var words []string
	for _, c := range list {
		words = append(words, characteristics[c])
	}
	return strings.Join(words, "; ")
}

func proportionality(r *rules.Rule) string {
	keeps := "niet langer dan nodig is om ze te beoordelen"
	if w := r.Window(); w > 0 {
		keeps = fusion.Duration(w).String()
	}
	text := "De regel bekijkt alleen de gebeurtenissen die bij Gegevens staan en bewaart ze voor het vergelijken " + keeps +
		". Elke treffer noemt de versie van de regel, de gebeurtenissen en de onderdelen van de score waarop hij rust."
	if s := r.Sensitive; s != nil {
		text += fmt.Sprintf(" De regel gebruikt een beschermd kenmerk (%s). Rechtvaardiging: %s. Goedgekeurd door: %s.",
			named(s.Characteristics), strings.TrimRight(s.Justification, "."), strings.TrimRight(s.ApprovedBy, "."))
	}
	return text
}

func sourceData(r *rules.Rule) string {
	var parts []string
	for _, t := range r.Types {
		if id, ok := strings.CutPrefix(string(t), string(fusion.HitType(""))); ok {
			parts = append(parts, "treffers van de regel "+id)
		} else {
			parts = append(parts, "gebeurtenissen van de soort "+string(t))
		}
	}
	text := "Leest " + strings.Join(parts, ", ") + "."
	if r.Sensitive != nil {
		return text + " Leest daarvan beschermde kenmerken: " + named(r.Sensitive.Characteristics) + "; andere kan de regel niet lezen."
	}
	return text + " Nationaliteit, etniciteit, godsdienst, gezondheid en land zijn beschermd: de regel kan ze niet lezen."
}

func methods(r *rules.Rule) string {
	text := fmt.Sprintf("Een regel van de soort %s, door mensen geschreven en voor mensen leesbaar; niet zelflerend.", r.Kind)
	if r.Scored() {
		text += " Een score met benoemde onderdelen wordt vergeleken met een vaste drempel."
	}
	return text
}

func humans(r *rules.Rule) string {
	text := "De regel beslist niets over mensen: "
	switch {
	case r.Mode != rules.ModeLive:
		text += "hij wordt alleen gemeten of staat uit, en er volgt niets uit."
	case r.Incident.Open:
		text += fmt.Sprintf("een treffer opent een incidentbeeld of komt erbij (%s, %s); medewerkers van de meldkamer beoordelen het en beslissen wat er volgt.",
			r.Incident.Kind, r.Incident.Severity)
	case len(r.Incident.Join) > 0:
		text += "een treffer vult aan wat er staat in open incidentbeelden; medewerkers van de meldkamer beoordelen die."
	default:
		text += "zijn treffers dienen alleen andere regels."
	}
	if within := r.After.AcknowledgeWithin; within > 0 {
		text += fmt.Sprintf(" Iemand moet het binnen %s bevestigen.", within)
	}
	return text
}

const risks = "Een verkeerde of ontbrekende waarneming of melding kan een onterechte treffer geven of een terechte verbergen. De twijfel gaat mee: " +
	"andere lezingen van een kenteken, betrouwbaarheid van de bron, nauwkeurigheid van de plaats. Medewerkers leggen vast of een treffer terecht was; " +
	"per versie van de regel is te zien hoe vaak dat zo is."
