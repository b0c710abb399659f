package fusion

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxSimilar is how many characters of a text [Similar] looks at.
const maxSimilar = 512

// Similar is how much two short texts look alike, from 0 to 1: the Dice
// coefficient of the trigrams of their words. Case, accents, punctuation and
// the order of words do not count, so equal texts and those that differ in
// nothing else give 1; a text without a letter or digit is like nothing and
// gives 0. Of each text the first 512 characters count.
//
// It knows spelling alone: no synonyms, inflection or abbreviations.
func Similar(a, b string) float64 {
	ofA, ofB := trigrams(a), trigrams(b)
	common, all := 0, 0
	for t, n := range ofA {
		common += min(n, ofB[t])
		all += n
	}
	for _, n := range ofB {
		all += n
	}
	return 2 * float64(common) / float64(max(all, 1))
}

// trigrams counts the runs of three characters in the words of the text, each
// word with two spaces before it and one behind it, so that how a word begins
// counts for more than how it ends.
func trigrams(text string) map[[3]rune]int {
	counts := map[[3]rune]int{}
	for word := range strings.FieldsSeq(fold(text)) {
		last := [3]rune{' ', ' ', ' '}
		for _, r := range word + " " {
			last = [3]rune{last[1], last[2], r}
			counts[last]++
		}
	}
	return counts
}

// fold writes the beginning of a text in lower case and without accents, with
// spaces for what is neither letter nor digit.
func fold(text string) string {
	n := 0
	for i := range text {
		if n++; n > maxSimilar {
			text = text[:i]
			break
		}
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsMark(r):
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(text))
}
