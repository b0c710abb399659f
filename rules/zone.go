package rules

import (
	_ "embed"
	"time"
)

// The rules of Dutch civil time, from the IANA time zone database 2025c
// (public domain). They are part of the program, so that every machine gives
// the same hour for an event.
//
//go:embed zone/Amsterdam.tzif
var amsterdamData []byte

var amsterdam = func() *time.Location {
	l, err := time.LoadLocationFromTZData("Europe/Amsterdam", amsterdamData)
	if err != nil {
		panic("rules: the embedded time zone is damaged: " + err.Error())
	}
	return l
}()
