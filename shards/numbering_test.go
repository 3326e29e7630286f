package shards

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNumbering holds the fast way to the plain one.
func TestNumbering(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		sh := &shard{tail: new(tail)}
		sh.createdSec, sh.index = dice.Int64N(createdLimit), dice.Uint32()
		arrival := time.Unix(dice.Int64N(1<<36), 999e6)
		m := sh.numbering(arrival.Unix())
		require.True(t, m.fits(sh, arrival.Unix()))
		require.False(t, m.fits(sh, arrival.Unix()+1))
		for _, position := range []int64{0, 1, 8, 9, 1e6, dice.Int64N(1 << 40), dice.Int64N(lastCounter), lastCounter - 1} {
			want := sh.number(position, arrival).String()
			require.Equal(t, want, string(m.append(nil, position)))
			require.Equal(t, "x"+want, string(sh.appendNumber([]byte("x"), position, arrival.Unix())))
		}
	}
}

// TestRun counts on from all kinds of numbers, and over those that it cannot.
func TestRun(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		sh := &shard{tail: new(tail)}
		sh.createdSec, sh.index = 1_700_000_000+dice.Int64N(1<<28), dice.Uint32N(20000)
		if dice.IntN(8) == 0 {
			sh.createdSec = dice.Int64N(createdLimit) // numbers of other lengths, too
		}
		second, position := dice.Int64N(1<<36), dice.Int64N(1<<dice.IntN(50))
		r, reads, base := new(run), new(run), sh.numbering(second)
		for range 300 {
			switch dice.IntN(40) {
			case 0:
				position += dice.Int64N(100)
			case 1:
				second++
			}
			want := sh.number(position, time.Unix(second, 0)).String()
			require.Equal(t, "x"+want, string(r.append([]byte("x"), sh, position, second)))
			require.Equal(t, "x"+want, string(reads.read([]byte("x"), &base, sh, position, second)))
			position++
		}
	}
}

func TestPutEight(t *testing.T) {
	var b [8]byte
	check := func(v uint32) {
		putEight(b[:], v)
		n, err := strconv.Atoi(string(b[:]))
		require.NoError(t, err)
		require.Equal(t, int(v), n)
	}
	for v := range uint32(10000) {
		check(v)
		check(v * 10000)
	}
	check(99999999)
}

func BenchmarkNumber(b *testing.B) {
	sh := &shard{tail: new(tail)}
	sh.createdSec, sh.index = 1_700_000_000, 3
	arrival, room := time.Unix(1_764_000_000, 0), make([]byte, 0, 64)
	b.Run("plain", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			room = sh.number(int64(i), arrival).append(room[:0])
		}
	})
	b.Run("numbering", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			room = sh.appendNumber(room[:0], int64(i), arrival.Unix())
		}
	})
	b.Run("run", func(b *testing.B) {
		var r run
		for i := 0; b.Loop(); i++ {
			room = r.append(room[:0], sh, int64(i), arrival.Unix())
		}
	})
}
