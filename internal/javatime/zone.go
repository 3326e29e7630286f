package javatime

import (
	"fmt"
	"strings"
	"time"
)

// zoneField writes the zone: its id, its name, or its offset.
func zoneField(letter byte, count int) (part, error) {
	switch letter {
	case 'V':
		if count != 2 {
			return nil, refuse("Pattern letter count must be 2: V")
		}
		return text(func(t time.Time) string { return t.Location().String() }), nil
	case 'z':
		if count > 4 {
			return nil, tooMany(letter)
		}
		return zoneName(count), nil
	case 'O':
		if count != 1 && count != 4 {
			return nil, refuse("Pattern letter count must be 1 or 4: O")
		}
		return text(func(t time.Time) string { return localized(t, count == 4) }), nil
	case 'Z':
		return bigZ(count)
	}
	if count > 5 {
		return nil, tooMany(letter)
	}
	zero := "Z"
	if letter == 'x' {
		zero = [...]string{"+00", "+0000", "+00:00", "+0000", "+00:00"}[count-1]
	}
	return text(func(t time.Time) string { return offset(t, offsetStyles[count-1], zero) }), nil
}

func bigZ(count int) (part, error) {
	switch {
	case count < 4:
		return text(func(t time.Time) string { return offset(t, offsetStyles[1], "+0000") }), nil
	case count == 4:
		return text(func(t time.Time) string { return localized(t, true) }), nil
	case count == 5:
		return text(func(t time.Time) string { return offset(t, offsetStyles[4], "Z") }), nil
	}
	return nil, tooMany('Z')
}

// offsetStyle says how much of an offset is written.
type offsetStyle struct {
	colon   string
	minutes bool // even when zero
	seconds bool // when not zero
}

// offsetStyles by the number of letters X. It is read-only.
var offsetStyles = [...]offsetStyle{{}, {minutes: true}, {colon: ":", minutes: true}, {minutes: true, seconds: true}, {colon: ":", minutes: true, seconds: true}}

func offset(t time.Time, style offsetStyle, zero string) string {
	sign, h, m, s := split(t)
	if h == 0 && m == 0 && (s == 0 || !style.seconds) {
		return zero
	}
	out := fmt.Sprintf("%s%02d", sign, h)
	if style.minutes || m != 0 {
		out += fmt.Sprintf("%s%02d", style.colon, m)
	}
	if style.seconds && s != 0 {
		out += fmt.Sprintf("%s%02d", style.colon, s)
	}
	return out
}

// split takes the offset of t apart.
func split(t time.Time) (sign string, h, m, s int) {
	_, seconds := t.Zone()
	sign = "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	return sign, seconds / 3600, seconds / 60 % 60, seconds % 60
}

// localized writes GMT and the offset, short or in full.
func localized(t time.Time, full bool) string {
	sign, h, m, s := split(t)
	if h == 0 && m == 0 && s == 0 {
		return "GMT"
	}
	if full {
		out := fmt.Sprintf("GMT%s%02d:%02d", sign, h, m)
		if s != 0 {
			out += fmt.Sprintf(":%02d", s)
		}
		return out
	}
	out := fmt.Sprintf("GMT%s%d", sign, h)
	if m != 0 || s != 0 {
		out += fmt.Sprintf(":%02d", m)
	}
	if s != 0 {
		out += fmt.Sprintf(":%02d", s)
	}
	return out
}

// zoneName writes the name of the zone. Long names are known for UTC alone:
// those of other zones come with the language data of Java, which is not here.
func zoneName(count int) part {
	return func(dst []byte, t time.Time) ([]byte, error) {
		name, _ := t.Zone()
		utc := t.Location() == time.UTC || t.Location().String() == "UTC"
		switch {
		case utc && count == 4:
			return append(dst, "Coordinated Universal Time"...), nil
		case utc:
			return append(dst, "UTC"...), nil
		case count == 4 || strings.ContainsAny(name, "+-"):
			return nil, refuse("the name of the time zone %s is not known here", t.Location())
		}
		return append(dst, name...), nil
	}
}
