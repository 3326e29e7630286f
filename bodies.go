package sluice

import (
	"sluice/companions/s3"
	"sluice/store/doctor"
)

// BodyOwners reads for an examination of a data folder which bodies in files the
// rows of the rooms name, by the namespace of a room.
func BodyOwners() map[string]func() doctor.Owner {
	return map[string]func() doctor.Owner{s3ID: func() doctor.Owner { return s3.NewRows() }}
}
