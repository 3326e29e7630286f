package memkv_test

import (
	"testing"

	"sluice/store/kv"
	"sluice/store/kv/kvtest"
	"sluice/store/kv/memkv"
)

func TestContract(t *testing.T) {
	kvtest.Run(t, func(_ *testing.T, apply kv.Apply) *kvtest.Instance {
		return &kvtest.Instance{Catalog: memkv.New(memkv.NewSpace(), apply)}
	})
}

func TestSpaceContract(t *testing.T) {
	kvtest.RunSpace(t, func(*testing.T) *kvtest.SpaceInstance {
		return &kvtest.SpaceInstance{Space: memkv.NewOrdered()}
	})
}
