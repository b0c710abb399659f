package rules

import "time"

// holiday reports whether the day of t, in its zone, is a public holiday in
// the Netherlands, as they are since 2014: New Year's Day, Good Friday, Easter,
// King's Day, Liberation Day (of every year), Ascension Day, Whitsun and
// Christmas.
func holiday(t time.Time) bool {
	year, month, day := t.Date()
	switch month {
	case time.January:
		return day == 1
	case time.December:
		return day == 25 || day == 26
	case time.April:
		if day == 27 && t.Weekday() != time.Sunday || day == 26 && t.Weekday() == time.Saturday {
			return true
		}
	case time.May:
		if day == 5 {
			return true
		}
	}
	switch t.YearDay() - easter(year) {
	case -2, 0, 1, 39, 49, 50: // Good Friday, Easter, Ascension Day, Whitsun
		return true
	}
	return false
}

// easter is the day of the year that is Easter Sunday, by the Gregorian
// computus as J.-M. Oudin wrote it in 1940.
func easter(year int) int {
	century := year / 100
	golden := year % 19
	epact := (century - century/4 - (century-(century-17)/25)/3 + 19*golden + 15) % 30
	moon := epact - (epact/28)*(1-(epact/28)*(29/(epact+1))*((21-golden)/11))
	weekday := (year + year/4 + moon + 2 - century + century/4) % 7
	sunday := moon - weekday // days after 28 March
	month := 3 + (sunday+40)/44
	return time.Date(year, time.Month(month), sunday+28-31*(month/4), 0, 0, 0, 0, time.UTC).YearDay()
}
