package javatime

import (
	"fmt"
	"strconv"
	"time"
)

func tooMany(letter byte) error {
	return refuse("Too many pattern letters: %c", letter)
}

// fieldOf returns the piece that a letter stands for, count times.
func fieldOf(letter byte, count int) (part, error) {
	if f := numbers[letter]; f != nil {
		return numberField(letter, count, f)
	}
	switch letter {
	case 'u', 'y', 'Y':
		return yearField(letter, count), nil
	case 'M', 'L', 'Q', 'q', 'E', 'e', 'c':
		return nameField(letter, count)
	case 'G':
		if count > 5 {
			return nil, tooMany(letter)
		}
		return text(func(time.Time) string { return [...]string{"AD", "AD", "AD", "Anno Domini", "A"}[count-1] }), nil
	case 'a':
		if count > 1 {
			return nil, tooMany(letter)
		}
		return text(func(t time.Time) string { return [...]string{"AM", "PM"}[t.Hour()/12] }), nil
	case 'S':
		if count > 9 {
			return nil, refuse("Minimum width must be from 0 to 9 inclusive but was %d", count)
		}
		return text(func(t time.Time) string { return fmt.Sprintf("%09d", t.Nanosecond())[:count] }), nil
	case 'V', 'z', 'Z', 'O', 'X', 'x':
		return zoneField(letter, count)
	}
	return nil, refuse("Unknown pattern letter: %c", letter)
}

func text(f func(time.Time) string) part {
	return func(dst []byte, t time.Time) ([]byte, error) { return append(dst, f(t)...), nil }
}

// number writes f with at least width digits.
func number(width int, f func(time.Time) int) part {
	return func(dst []byte, t time.Time) ([]byte, error) { return appendNumber(dst, f(t), width), nil }
}

func appendNumber(dst []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for range width - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// numbers are the fields that are always numbers. It is read-only.
var numbers = map[byte]func(time.Time) int{
	'd': func(t time.Time) int { return t.Day() },
	'D': func(t time.Time) int { return t.YearDay() },
	'F': func(t time.Time) int { return (t.Day()-1)%7 + 1 },
	'h': func(t time.Time) int { return (t.Hour()+11)%12 + 1 },
	'K': func(t time.Time) int { return t.Hour() % 12 },
	'k': func(t time.Time) int { return (t.Hour()+23)%24 + 1 },
	'H': func(t time.Time) int { return t.Hour() },
	'm': func(t time.Time) int { return t.Minute() },
	's': func(t time.Time) int { return t.Second() },
	'A': func(t time.Time) int { return int(sinceMidnight(t) / time.Millisecond) },
	'n': func(t time.Time) int { return t.Nanosecond() },
	'N': func(t time.Time) int { return int(sinceMidnight(t)) },
	'w': func(t time.Time) int { _, week := weekOfYear(t); return week },
	'W': weekOfMonth,
}

// sinceMidnight is the time of day on the clock, whatever the zone did today.
func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

func numberField(letter byte, count int, f func(time.Time) int) (part, error) {
	most := 2
	switch letter {
	case 'F', 'W':
		most = 1
	case 'D':
		most = 3
	case 'A', 'n', 'N':
		most = 19
	}
	if count > most {
		if most == 19 {
			return nil, refuse("The minimum width must be from 1 to 19 inclusive but was %d", count)
		}
		return nil, tooMany(letter)
	}
	return number(count, f), nil
}

// yearField writes years: the last two digits, or at least as many as asked
// for, with a plus sign when four and more are not enough.
func yearField(letter byte, count int) part {
	year := time.Time.Year
	if letter == 'Y' {
		year = func(t time.Time) int { y, _ := weekOfYear(t); return y }
	}
	if count == 2 {
		return number(2, func(t time.Time) int { return year(t) % 100 })
	}
	return func(dst []byte, t time.Time) ([]byte, error) {
		y := year(t)
		if count >= 4 && len(strconv.Itoa(y)) > count {
			dst = append(dst, '+')
		}
		return appendNumber(dst, y, count), nil
	}
}

// nameField writes months, quarters and weekdays as numbers or in words.
func nameField(letter byte, count int) (part, error) {
	if letter == 'c' && count == 2 {
		return nil, refuse("Invalid pattern \"cc\"")
	}
	if count > 5 {
		return nil, tooMany(letter)
	}
	value, name := monthOf, monthName
	switch letter {
	case 'Q', 'q':
		value, name = quarterOf, quarterName
	case 'E', 'e', 'c':
		value, name = weekdayOf, weekdayName
	}
	if count <= 2 && letter != 'E' {
		return number(count, value), nil
	}
	return text(func(t time.Time) string { return name(value(t), max(count, 3)) }), nil
}

func monthOf(t time.Time) int   { return int(t.Month()) }
func quarterOf(t time.Time) int { return (int(t.Month()) + 2) / 3 }
func weekdayOf(t time.Time) int { return int(t.Weekday()) + 1 } // Sunday begins the week in the US

func monthName(n, style int) string { return styled(time.Month(n).String(), style) }

func weekdayName(n, style int) string { return styled(time.Weekday(n-1).String(), style) }

// styled cuts a name to three letters, leaves it whole, or takes one letter.
func styled(name string, style int) string {
	switch style {
	case 3:
		return name[:3]
	case 4:
		return name
	}
	return name[:1]
}

func quarterName(n, style int) string {
	switch style {
	case 3:
		return "Q" + strconv.Itoa(n)
	case 4:
		return [...]string{"1st", "2nd", "3rd", "4th"}[n-1] + " quarter"
	}
	return strconv.Itoa(n)
}

// weekOfYear counts weeks as the US does: they begin on Sunday, and the first
// one is that with 1 January, however little of it lies in the new year.
func weekOfYear(t time.Time) (year, week int) {
	year = t.Year()
	saturday := t.YearDay() + 6 - int(t.Weekday()) // day of the year that ends this week
	if length := daysOf(year); saturday > length {
		return year + 1, 1
	}
	return year, (saturday + 6) / 7
}

func daysOf(year int) int { return time.Date(year, time.December, 31, 0, 0, 0, 0, time.UTC).YearDay() }

func weekOfMonth(t time.Time) int { return (t.Day() + 6 - int(t.Weekday()) + 6) / 7 }
