package shards

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/internal/dice"
)

// anything fills inputs with members that are absent, empty, wrong or right,
// as it comes: what reaches a room past the door.
type anything struct {
	dice    *dice.Dice
	strings []string
}

func (a *anything) pick(n int) int { return int(a.dice.Uint64() % uint64(n)) }

func (a *anything) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(testStart().Add(time.Duration(a.pick(5)-2) * time.Hour)))
		return
	case []byte:
		v.SetBytes(make([]byte, a.pick(3)))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if a.pick(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			a.fill(v.Elem())
		}
	case reflect.String:
		v.SetString(a.strings[a.pick(len(a.strings))])
	case reflect.Int32, reflect.Int64:
		v.SetInt([]int64{-1 << 31, -1, 0, 1, 2, 5, 24, 48, 1024, 10240, 1<<31 - 1}[a.pick(11)])
	case reflect.Bool:
		v.SetBool(a.pick(2) == 0)
	case reflect.Slice:
		for range a.pick(4) {
			one := reflect.New(v.Type().Elem()).Elem()
			a.fill(one)
			v.Set(reflect.Append(v, one))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range a.pick(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			a.fill(key)
			a.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				a.fill(v.Field(i))
			}
		}
	}
}

// operations are the methods of a room that take an XInput.
func operations() []reflect.Method {
	var list []reflect.Method
	all := reflect.TypeFor[*Streams]()
	for i := range all.NumMethod() {
		m := all.Method(i)
		if m.Type.NumIn() == 4 && m.Type.In(2).Kind() == reflect.Pointer && strings.HasSuffix(m.Type.In(2).Elem().Name(), "Input") {
			list = append(list, m)
		}
	}
	return list
}

// perform calls an operation and returns its error.
func (r *room) perform(m reflect.Method, in reflect.Value) error {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	out := m.Func.Call([]reflect.Value{reflect.ValueOf(r.Streams), reflect.ValueOf(ctx), in})
	err, _ := out[1].Interface().(error)
	return err
}

// TestAnything holds every operation to an answer of the service, whatever it
// is given.
func TestAnything(t *testing.T) {
	require.Len(t, operations(), 45)
	t.Run("empty inputs", func(t *testing.T) {
		r := open(t)
		for _, m := range operations() {
			if err := r.perform(m, reflect.New(m.Type.In(2).Elem())); err != nil {
				var api smithy.APIError
				require.ErrorAs(t, err, &api, m.Name)
				require.NotEqual(t, smithy.FaultServer, api.ErrorFault(), "%s: %v", m.Name, err)
			}
		}
	})
	t.Run("random inputs", func(t *testing.T) {
		r := open(t)
		r.create("a", 2)
		r.createOnDemand("b")
		r.commits(enabled)
		a := &anything{dice: dice.Seeded(7), strings: []string{"", "a", "b", "c", "0", "x%", "aws:x", "foo", "shardId-000000000001", "2",
			"KMS", "NONE", "ALL", "AUTO", "ENABLED", "DISABLED", "ON_DEMAND", "PROVISIONED", "UNIFORM_SCALING",
			"LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON", "AT_LATEST", "FROM_TIMESTAMP", "{}",
			"340282366920938463463374607431768211455", "49590338271490256608559692538361571095921575989136588898",
			*streamARN("a"), *streamARN("b"), *streamARN("nope"), r.register("a", "c"), "arn:aws:kinesis:::channel/x",
			r.iterator("a", "0", "TRIM_HORIZON"), strings.Repeat("long", 300)}}
		succeeded := map[string]bool{}
		for range 400 {
			for _, m := range operations() {
				in := reflect.New(m.Type.In(2).Elem())
				a.fill(in.Elem())
				err := r.perform(m, in)
				if err == nil {
					succeeded[m.Name] = true
					continue
				}
				var api smithy.APIError
				require.ErrorAs(t, err, &api, "%s: %+v", m.Name, in.Elem())
			}
			r.clock.Step(time.Second)
		}
		require.Greater(t, len(succeeded), 25, "%v", succeeded)
	})
}
