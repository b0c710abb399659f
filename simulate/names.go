package simulate

import (
	"fmt"
	"math/rand/v2"
)

// plateLetters are those of Dutch plates: no vowels and nothing that is
// misread easily.
const plateLetters = "BDFGHJKLNPRSTVXZ"

// plate draws a Dutch plate of the form that is given out now, X-999-XX,
// without dashes.
func plate(r *rand.Rand) string {
	letter := func() byte { return plateLetters[r.IntN(len(plateLetters))] }
	return fmt.Sprintf("%c%03d%c%c", letter(), 1+r.IntN(999), letter(), letter())
}

// dashed is a plate as people write it.
func dashed(p string) string { return p[:1] + "-" + p[1:4] + "-" + p[4:] }

// misread gives the plate with one character mistaken for its like, and false
// when it has none that is.
func misread(p string) (string, bool) {
	for i, c := range []byte(p) {
		if like, ok := lookalikes[c]; ok {
			return p[:i] + string(like) + p[i+1:], true
		}
	}
	return "", false
}

var lookalikes = map[byte]byte{'8': 'B', '0': 'D', '5': 'S', '2': 'Z', 'B': '8', 'D': '0', 'S': '5', 'Z': '2'}

// phone draws a mobile number that nobody has.
func phone(r *rand.Rand) string { return fmt.Sprintf("+3160000%04d", r.IntN(10000)) }

func letters(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b)
}

var (
	makes  = []string{"Volkswagen", "Opel", "Toyota", "Ford", "Kia", "Renault", "Peugeot", "BMW"}
	colors = []string{"black", "gray", "white", "blue", "red"}
)
