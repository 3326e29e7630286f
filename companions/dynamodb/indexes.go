package dynamodb

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// How many indexes a table can have.
const (
	maxLocal  = 5
	maxGlobal = 20
)

// schema reads a key schema whose attributes are defined.
func (rec *record) schema(in []types.KeySchemaElement) (keySchema, error) {
	if len(in) > 2 {
		return nil, invalid("1 validation error detected: Value '%d' at 'keySchema' failed to satisfy constraint: "+
			"Member must have length less than or equal to 2", len(in))
	}
	var key keySchema
	for _, e := range in {
		key = append(key, aws.ToString(e.AttributeName))
	}
	if len(key) == 0 {
		return nil, invalid("1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1")
	}
	for _, name := range key {
		if rec.Types[name] == "" {
			return nil, badValue("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
				strings.Join(key, ", "), strings.Join(rec.Order, ", "))
		}
	}
	switch {
	case len(key) == 2 && key[0] == key[1]:
		return nil, invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case in[0].KeyType != types.KeyTypeHash:
		return nil, invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(key) == 2 && in[1].KeyType != types.KeyTypeRange:
		return nil, invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return key, nil
}

func (rec *record) addLocal(in []types.LocalSecondaryIndex) error {
	if in == nil {
		return nil
	}
	switch {
	case len(in) == 0:
		return badValue("List of LocalSecondaryIndexes is empty")
	case len(rec.Key) != 2:
		return badValue("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	case len(in) > maxLocal:
		return badValue("Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocal)
	}
	for _, x := range in {
		key, err := rec.schema(x.KeySchema)
		switch {
		case err != nil:
			return err
		case len(key) != 2:
			return badValue("Index KeySchema does not have a range key for index: %s", *x.IndexName)
		case key[0] != rec.Key[0]:
			return badValue("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. "+
				"index hash key: %s, table hash key: %s", *x.IndexName, key[0], rec.Key[0])
		}
		if err := rec.add(index{Name: *x.IndexName, Local: true, Key: key}, x.Projection); err != nil {
			return err
		}
	}
	return nil
}

func (rec *record) addGlobal(in []types.GlobalSecondaryIndex) error {
	if in == nil {
		return nil
	}
	if len(in) == 0 {
		return badValue("List of GlobalSecondaryIndexes is empty")
	}
	for _, x := range in {
		if err := rec.addOneGlobal(*x.IndexName, x.KeySchema, x.Projection, x.ProvisionedThroughput); err != nil {
			return err
		}
	}
	return nil
}

// addOneGlobal adds a global index; UpdateTable makes them one by one.
func (rec *record) addOneGlobal(name string, schema []types.KeySchemaElement, p *types.Projection, units *types.ProvisionedThroughput) error {
	key, err := rec.schema(schema)
	if err != nil {
		return err
	}
	x := index{Name: name, Key: key}
	switch {
	case units != nil && rec.OnDemand > 0:
		return badValue("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", name)
	case units != nil:
		if err := checkUnits(units); err != nil {
			return err
		}
		x.Read, x.Write = *units.ReadCapacityUnits, *units.WriteCapacityUnits
	}
	global := 0
	for _, other := range rec.Indexes {
		if !other.Local {
			global++
		}
	}
	if global >= maxGlobal {
		return badValue("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobal)
	}
	return rec.add(x, p)
}

func (rec *record) add(x index, p *types.Projection) error {
	if p == nil || p.ProjectionType == "" {
		return badValue("Unknown ProjectionType: null")
	}
	if p.NonKeyAttributes != nil && p.ProjectionType != types.ProjectionTypeInclude {
		return badValue("ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
	}
	if rec.index(x.Name) != nil {
		return badValue("Duplicate index name: %s", x.Name)
	}
	x.Projection, x.Include = string(p.ProjectionType), slices.Clone(p.NonKeyAttributes)
	x.ID = rec.NextID
	rec.NextID++
	rec.Indexes = append(rec.Indexes, x)
	return nil
}
