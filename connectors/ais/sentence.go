package ais

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	nmea "github.com/adrianmo/go-nmea"

	"github.com/openiroom/iroom/fusion"
)

// sentence is one VDM or VDO line, understood.
type sentence struct {
	nmea.VDMVDO
	tag    tagBlock
	suffix int64 // Unix time that the receiver wrote behind the sentence, 0: none
}

// tagBlock is what a TAG block (IEC 61162-450) says about its sentence.
type tagBlock struct {
	clock   int64  // c: when it was received, Unix time in s or ms
	station string // s: who received it
	group   string // g: the id that the lines of a group share
}

var (
	errChecksum = errors.New("the checksum does not agree")

	otherSentence = regexp.MustCompile(`^[$!][A-Z][A-Z0-9]{2,15}(,|\*|$)`)
	timeSuffix    = regexp.MustCompile(`(?:^|[,; \t])([0-9]{9,13})(?:\.[0-9]*)?[ \t]*$`)
)

// lineKind is what a line is, before it is understood.
type lineKind int

const (
	lineGarbage lineKind = iota
	lineComment
	lineOther // an NMEA sentence that is not AIS
	lineAIS
)

// classify says what a line is and the address of its sentence, as `$GPGGA`.
func classify(line string) (lineKind, string) {
	if strings.HasPrefix(line, "#") {
		return lineComment, ""
	}
	_, body := cutTagBlock(line)
	if !otherSentence.MatchString(body) {
		return lineGarbage, ""
	}
	address := body[:strings.IndexAny(body+",", ",*")]
	if body[0] == '!' && len(address) == 6 && (address[3:] == nmea.TypeVDM || address[3:] == nmea.TypeVDO) {
		return lineAIS, address
	}
	return lineOther, address
}

// cutTagBlock separates `\tags\` from what follows, which is nothing when the
// block has no end.
func cutTagBlock(line string) (tags, body string) {
	rest, has := strings.CutPrefix(line, `\`)
	if !has {
		return "", line
	}
	tags, body, _ = strings.Cut(rest, `\`)
	return tags, body
}

// parseSentence reads a VDM or VDO line.
func parseSentence(line string) (s sentence, problem *fusion.Rejection) {
	if len(line) > maxLine {
		return s, fusion.Reject("too-large", "", "the line has more than %d bytes", maxLine)
	}
	for i := range len(line) {
		if (line[i] < ' ' && line[i] != '\t') || line[i] > '~' {
			return s, fusion.Reject("syntax", "", "byte %d is not printable ASCII", i+1)
		}
	}
	if kind, _ := classify(line); kind != lineAIS {
		return s, fusion.Reject("syntax", "", "the line is neither an NMEA sentence nor a comment")
	}
	tags, body := cutTagBlock(line)
	if s.tag, problem = parseTags(tags); problem != nil {
		return s, problem
	}
	body, s.suffix = cutSuffix(body)
	parser := nmea.SentenceParser{CheckCRC: checkSum}
	parsed, err := parser.Parse(body)
	if errors.Is(err, errChecksum) {
		return s, fusion.Reject("checksum", "sentence", "%w", err)
	}
	if err != nil {
		return s, fusion.Reject("syntax", "sentence", "%w", err)
	}
	var ok bool
	if s.VDMVDO, ok = parsed.(nmea.VDMVDO); !ok {
		return s, fusion.Reject("syntax", "sentence", "a TAG block stands inside the sentence")
	}
	if s.NumFragments < 1 || s.NumFragments > 9 || s.FragmentNumber < 1 || s.FragmentNumber > s.NumFragments {
		return s, fusion.Reject("syntax", "sentence", "part %d of %d cannot be", s.FragmentNumber, s.NumFragments)
	}
	return s, nil
}

// checkSum accepts a sentence without checksum; one that is there must agree.
func checkSum(s nmea.BaseSentence, fields string) error {
	if s.Checksum == "" || s.Checksum == nmea.Checksum(fields) {
		return nil
	}
	return errChecksum
}

// cutSuffix takes off what follows `*hh`, and reads the time with which it ends.
func cutSuffix(body string) (string, int64) {
	star := strings.IndexByte(body, '*')
	if star < 0 || star+3 > len(body) {
		return body, 0
	}
	m := timeSuffix.FindStringSubmatch(body[star+3:])
	if m == nil {
		return body[:star+3], 0
	}
	unix, _ := strconv.ParseInt(m[1], 10, 64) // at most 13 digits
	return body[:star+3], unix
}

// parseTags reads the inside of a TAG block. Tags that it does not know, or
// whose value it cannot read, say nothing.
func parseTags(tags string) (t tagBlock, problem *fusion.Rejection) {
	if tags == "" {
		return t, nil
	}
	fields, sum, _ := strings.Cut(tags, "*")
	want, err := strconv.ParseUint(sum, 16, 8)
	if err != nil {
		return t, fusion.Reject("syntax", "tag block", "the TAG block has no checksum")
	}
	if have, _ := strconv.ParseUint(nmea.Checksum(fields), 16, 8); have != want {
		return t, fusion.Reject("checksum", "tag block", "%w", errChecksum)
	}
	for field := range strings.SplitSeq(fields, ",") {
		switch name, value, _ := strings.Cut(field, ":"); name {
		case "c":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				t.clock = n
			}
		case "s":
			t.station = value
		case "g":
			if parts := strings.SplitN(value, "-", 3); len(parts) == 3 {
				t.group = parts[2]
			}
		}
	}
	return t, nil
}
