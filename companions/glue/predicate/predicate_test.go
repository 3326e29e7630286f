package predicate

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func someKeys() []Key {
	return []Key{{"year", "int"}, {"region", "varchar(10)"}, {"day", "date"}, {"at", "timestamp"}, {"price", "decimal(10,2)"}, {"and", "string"}}
}

func someValues() []string {
	return []string{"2026", "eu-west", "2026-03-01", "2026-03-01 12:00:00.5", "10.50", "x"}
}

func TestHolds(t *testing.T) {
	for expression, want := range map[string]bool{
		"year = 2026": true, "YEAR='2026'": true, "year = 02026": true, "year <> 2026": false, "year != 2025": true,
		"year > 999": true, "year >= 2026 and year <= 2026": true, "year<2026": false, "year = -1": false, "year > -1": true, "year = +2026": true,
		"region = 'eu-west'": true, "region = 'EU-WEST'": false, "region > 'eu'": true, "`region` = 'eu-west'": true, `"Region" = 'eu-west'`: true,
		"region = 5": false, "region like 'eu%'": true, "region LIKE 'eu_west'": true, "region like 'eu'": false, "region not like '%w%t'": false,
		"region like '%'": true, "region like '%x%'": false, "region like ('eu%')": true, "region = 'it''s'": false,
		"year in (1, 2026)": true, "year not in (1, 2026)": false, "year in ('2026')": true, "year between 2025 and 2027": true,
		"year between 2027 and 2025": true, "year between 2026 and 2025": false, "year not between 1 and 2": true,
		"day = '2026-03-01'": true, "day > '2026-02-28'": true, "day between '2026-01-01' and '2026-12-31'": true,
		"at = '2026-03-01 12:00:00.500000000'": true, "at > '2026-03-01 12:00:00'": true, "at < '2026-03-01 12:00:01'": true,
		"price = 10.5": true, "price > 9": true, "price = 1.05e1": true, "price < '100'": true, "price = .5": false,
		"year is null": false, "year is not null": true, "region is null or year = 2026": true,
		"year = 1 or region = 'eu-west' and day = '2026-03-01'": true, "(year = 1 or region = 'eu-west') and day = '2026-03-02'": false,
		"not year = 1": true, "not (year = 1 or year = 2026)": false, "not not year = 2026": true, "not year in (1)": true,
		"((year = 2026))": true, "(year) = (2026)": true, "((year)) in ((2026), 3)": true, "(year)=2026 and ((region) = 'eu-west')": true,
		"(((year) = 2026) or (year = 1))": true, "`and` = 'x'": true, " year\n=\t2026 ": true,
		"year between (2025) and (2027) and region = 'eu-west'": true,
	} {
		p, err := Parse(expression, someKeys())
		require.NoError(t, err, expression)
		got, err := p.Holds(someValues())
		require.NoError(t, err, expression)
		require.Equal(t, want, got, expression)
	}
}

func TestRefused(t *testing.T) {
	for _, expression := range []string{
		"year", "year =", "= 1", "year = region", "2026 = year", "year = 2026 and", "year = 2026 or or year = 1", "(year = 1", "year = 1)",
		"year in ()", "year in (1", "year in (1,)", "year in 1", "year between 1", "year between 1 or 2", "year is", "year is 5", "year is not",
		"year like", "region like 5", "and = 'x'", "year = 'x", "year ! 1", "year = 1; drop", "year = $1", "year == 1", "'year' = 1", "year not = 1",
		"#", "year = 1 year = 2", "not", "(", "((year) = 1", "()", "year = --1", "year = .", "year = +", "*",
		strings.Repeat("(", 300) + "year = 1" + strings.Repeat(")", 300), strings.Repeat("not ", 300) + "year = 1",
	} {
		_, err := Parse(expression, someKeys())
		if strings.Contains(expression, "region like 5") {
			require.EqualError(t, err, "Unsupported expression 'region like 5'")
		}
		require.Error(t, err, expression)
		if !strings.HasPrefix(err.Error(), "Integral") && !strings.HasPrefix(err.Error(), "For input string") {
			require.Equal(t, "Unsupported expression '"+expression+"'", err.Error())
		}
	}
}

func TestTexts(t *testing.T) {
	for expression, message := range map[string]string{
		"month = 1":                  "Invalid partition expression!",
		"year = 'x'":                 `For input string: "x" is not an integer.`,
		"year = 1.5":                 `For input string: "1.5" is not an integer.`,
		"year = '1_000'":             `For input string: "1_000" is not an integer.`,
		"price = 'x'":                "x is not a decimal.",
		"price = 1e999999999":        "1e999999999 is not a decimal.",
		"price = '1/3'":              "1/3 is not a decimal.",
		"day = 'today'":              "today is not a date.",
		"day in (2026)":              "2026 is not a date.",
		"at = '2026-03-01'":          "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff] 2026-03-01 is not a timestamp.",
		"at = '2026-03-01 12:00:0.'": "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff] 2026-03-01 12:00:0. is not a timestamp.",
		"year like '2%'":             "Integral data type doesn't support operation 'LIKE'",
		"price like '2%'":            "Decimal data type doesn't support operation 'LIKE'",
		"day like '2%'":              "Date data type doesn't support operation 'LIKE'",
		"at not like '2%'":           "Timestamp data type doesn't support operation 'LIKE'",
	} {
		_, err := Parse(expression, someKeys())
		require.EqualError(t, err, message, expression)
	}
	_, err := Parse("b = true", []Key{{"b", "boolean"}})
	require.EqualError(t, err, "Unknown type : 'boolean'")
}

// TestStoredValues: a value that is not of its key's type is told apart.
func TestStoredValues(t *testing.T) {
	p, err := Parse("year >= 0", someKeys())
	require.NoError(t, err)
	_, err = p.Holds([]string{"null"})
	var stored *ValueError
	require.True(t, errors.As(err, &stored))
	require.EqualError(t, err, `For input string: "null" is not an integer.`)
	_, err = p.Holds(nil)
	require.False(t, errors.As(err, &stored))
	require.EqualError(t, err, "Invalid partition expression!")
	for _, expression := range []string{"year in (1)", "year between 1 and 2", "year is not null", "not year = 1", "year = 1 or year = 2", "year = 1 and year = 2"} {
		p, err := Parse(expression, someKeys())
		require.NoError(t, err)
		_, err = p.Holds([]string{"x"})
		require.Error(t, err, expression)
	}
	p, err = Parse("region like 'a%'", someKeys())
	require.NoError(t, err)
	_, err = p.Holds([]string{"1"})
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"year = 2026", "not (region like 'a%_' or day in ('2026-03-01', '2026-03-02')) and price between .5 and 1e3",
		"((year)) is not null", "`a\"b` <> 'it''s'", "at >= '2026-03-01 00:00:00.123'", "((((", "year = 1e400"} {
		f.Add(seed, "2026", "eu")
	}
	f.Fuzz(func(t *testing.T, expression, year, region string) {
		p, err := Parse(expression, someKeys())
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		values := someValues()
		values[0], values[1] = year, region
		holds, err := p.Holds(values)
		if err != nil {
			return
		}
		if depthOf(expression) >= maxDepth {
			return
		}
		other, err := Parse("NOT ("+expression+")", someKeys())
		require.NoError(t, err, expression)
		denied, err := other.Holds(values)
		require.NoError(t, err)
		require.NotEqual(t, holds, denied, expression)
	})
}

// depthOf bounds how deep an expression can be.
func depthOf(expression string) int {
	return strings.Count(expression, "(") + strings.Count(strings.ToUpper(expression), "NOT") + 2
}
