package glue

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/stretchr/testify/require"
)

// TestShapesAreTheSDKs holds the shapes of package api against those of the Go
// SDK, operation by operation: each member is there under its name and type.
func TestShapesAreTheSDKs(t *testing.T) {
	client, room := reflect.TypeFor[*glue.Client](), reflect.TypeFor[*Catalog]()
	compared := 0
	for i := range room.NumMethod() {
		mine := room.Method(i)
		if mine.Type.NumIn() != 3 || !strings.HasSuffix(mine.Type.In(2).String(), mine.Name+"Input") {
			continue
		}
		theirs, ok := client.MethodByName(mine.Name)
		require.True(t, ok, mine.Name)
		same(t, mine.Name, mine.Type.In(2).Elem(), theirs.Type.In(2).Elem())
		same(t, mine.Name, mine.Type.Out(0).Elem(), theirs.Type.Out(0).Elem())
		compared++
	}
	require.Len(t, Coverage(), compared)
}

func same(t *testing.T, at string, mine, theirs reflect.Type) {
	t.Helper()
	require.Equal(t, theirs.Kind(), mine.Kind(), at)
	switch mine.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		same(t, at, mine.Elem(), theirs.Elem())
	case reflect.Struct:
		require.Equal(t, theirs.Name(), mine.Name(), at)
		if mine == theirs { // time.Time
			return
		}
		for i := range mine.NumField() {
			f := mine.Field(i)
			other, ok := theirs.FieldByName(f.Name)
			require.True(t, ok, "%s.%s", at, f.Name)
			same(t, at+"."+f.Name, f.Type, other.Type)
		}
	case reflect.String:
		require.Equal(t, theirs.Name(), mine.Name(), at)
	}
}
