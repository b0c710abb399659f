package engine

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// words are those of a text in lower case, letters and digits alone.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// streetOf is what stands before the first comma or number.
func streetOf(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r == ',' || unicode.IsDigit(r) })
	if end < 0 {
		end = len(text)
	}
	return strings.Join(words(text[:end]), " ")
}

var (
	roadName = regexp.MustCompile(`\b[AN] ?\d{1,3}\b`)
	wayTo    = regexp.MustCompile(`(?i)\b(?:richting|naar|rtg\.?)\s+(?:de\s+)?([\p{L}]+(?: bosch| haag)?)`)
	roadSide = regexp.MustCompile(`\b[AN] ?\d{1,3}\s*(?:-\s*)?(Li|Re|links|rechts|L|R)\b`)
)

// heading is the way that a text says somebody travels.
type heading struct {
	road   string
	side   string // l or r, of the kilometre posts
	course float64
	known  bool // whether course is
}

// headingOf reads a text; from is where it speaks of.
func headingOf(text string, from orb.Point, placed bool, towns map[string]orb.Point) (h heading) {
	h.road = strings.ReplaceAll(roadName.FindString(text), " ", "")
	if m := roadSide.FindStringSubmatch(text); m != nil {
		h.side = strings.ToLower(m[1][:1])
	}
	for _, m := range wayTo.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(m[1])
		if at, ok := towns[name]; ok && placed {
			h.course, h.known = fusion.Bearing(from, at), true
			return h
		}
		if course, ok := compass[name]; ok {
			h.course, h.known = course, true
			return h
		}
	}
	return h
}

var compass = map[string]float64{
	"noord": 0, "noorden": 0, "noordelijke": 0, "oost": 90, "oosten": 90, "zuid": 180, "zuiden": 180, "zuidelijke": 180, "west": 270, "westen": 270,
}

// compare says whether two headings are the same way (1), opposite ways (-1),
// or not to be compared (0).
func (h heading) compare(g heading) int {
	if h.side != "" && g.side != "" && h.road == g.road {
		if h.side == g.side {
			return 1
		}
		return -1
	}
	if !h.known || !g.known {
		return 0
	}
	turn := math.Abs(math.Mod(h.course-g.course+540, 360) - 180)
	switch {
	case turn <= 75:
		return 1
	case turn >= 115:
		return -1
	}
	return 0
}

// names are the words of a text that begin with a capital letter and are not
// the first of a sentence: mostly names.
func namesIn(text string) (list []string) {
	start := true
	for field := range strings.FieldsSeq(text) {
		w := strings.TrimFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if r := []rune(w); len(r) >= 3 && !start && unicode.IsUpper(r[0]) && unicode.IsLetter(r[1]) {
			if name := strings.ToLower(w); !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
		start = strings.HasSuffix(field, ".") || strings.HasSuffix(field, "!") || strings.HasSuffix(field, "?")
	}
	return list
}

// number is the house number of an address, "" for none.
func number(address string) string {
	for _, w := range words(address) {
		if unicode.IsDigit([]rune(w)[0]) {
			return w
		}
	}
	return ""
}
