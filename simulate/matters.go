package simulate

// matter is what a call or an incident is about, as the dispatch system says
// it: the code of the registry EIDO-IncidentType-Common, and its own words.
type matter struct{ code, words string }

var (
	houseFire     = matter{"FSTRU", "Woningbrand"}
	ramming       = matter{"BURGLARY", "Ramkraak"}
	burglary      = matter{"BURGLARY", "Inbraak bedrijf"}
	brawl         = matter{"FIGHT", "Vechtpartij"}
	crash         = matter{"MVAINJY", "Aanrijding letsel"}
	stolenCar     = matter{"VEHSTLN", "Diefstal voertuig"}
	highWater     = matter{"OTHER", "Overstroming"}
	bridgeClosing = matter{"OTHER", "Schip nadert sluitende brug"}
	nuisance      = matter{"NOISE", "Geluidsoverlast"}
	pickpocket    = matter{"LARCENY", "Zakkenrollerij"}
	missing       = matter{"PERMISS", "Vermist persoon"}
	obstruction   = matter{"PARKING", "Parkeeroverlast"}
)
