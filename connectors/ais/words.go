package ais

// The codes of ITU-R M.1371-5, in words.

// statusText names the navigational status; those that say nothing are empty.
var statusText = [16]string{
	0:  "under way using engine",
	1:  "at anchor",
	2:  "not under command",
	3:  "restricted manoeuvrability",
	4:  "constrained by her draught",
	5:  "moored",
	6:  "aground",
	7:  "engaged in fishing",
	8:  "under way sailing",
	11: "power-driven vessel towing astern",
	12: "power-driven vessel pushing ahead or towing alongside",
	14: "ais-sart active",
}

// skippedTypes are the message types that rightly are no event, and why.
var skippedTypes = map[int]string{
	4:  "base station report, not a vessel",
	6:  "addressed binary message",
	7:  "binary acknowledgement",
	8:  "binary broadcast",
	10: "inquiry for the time",
	11: "answer to an inquiry for the time",
	12: "addressed safety text",
	13: "safety acknowledgement",
	14: "safety text broadcast",
	15: "interrogation",
	16: "assignment of a mode",
	17: "correction data for satellite navigation",
	20: "management of the data link",
	21: "aid to navigation, not a vessel",
	22: "management of the channels",
	23: "assignment to a group",
	25: "single-slot binary message",
	26: "multi-slot binary message",
}

// shipTypes name the codes that are a type of their own.
var shipTypes = map[int]string{
	30: "fishing", 31: "towing", 32: "towing, long or wide", 33: "dredging or underwater operations",
	34: "diving operations", 35: "military operations", 36: "sailing", 37: "pleasure craft",
	50: "pilot vessel", 51: "search and rescue vessel", 52: "tug", 53: "port tender",
	54: "anti-pollution vessel", 55: "law enforcement vessel", 58: "medical transport",
	59: "ship of a state that is no party to a conflict",
}

// shipGroups name the tens of the other codes; the last digit tells a hazard
// category, or nothing.
var shipGroups = map[int]string{
	2: "wing in ground", 4: "high-speed craft", 6: "passenger", 7: "cargo", 8: "tanker", 9: "other",
}

// shipType names a type of ship; "" when the code has no meaning.
func shipType(code int) string {
	if name, ok := shipTypes[code]; ok {
		return name
	}
	return shipGroups[code/10]
}
