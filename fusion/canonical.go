package fusion

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// CanonicalPlate is a number plate in upper case with only its letters and
// digits. It never repairs a doubtful character: doubt is carried as
// candidates.
func CanonicalPlate(raw string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, raw)
}

// CanonicalPhone is a phone number in E.164. A number without country code is
// read as one of region (ISO 3166-1 alpha-2). False: not a possible number, or
// one spelled with letters.
func CanonicalPhone(raw, region string) (string, bool) {
	if strings.ContainsFunc(raw, unicode.IsLetter) {
		return "", false
	}
	n, err := phonenumbers.Parse(raw, region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}
