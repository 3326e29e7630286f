package dynamodb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Touch is what a part of a call does, and to which table: its name or ARN.
type Touch struct{ Operation, Table string }

// Touched lists what the calls about several tables do, for policies: those are
// asked about each part by itself. It is empty for other calls. Source: "Using IAM
// with DynamoDB transactions" in the developer guide.
func Touched(in any) (list []Touch) {
	touch := func(operation string, table *string) { list = append(list, Touch{operation, aws.ToString(table)}) }
	switch in := in.(type) {
	case *dynamodb.BatchGetItemInput:
		for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
			touch("BatchGetItem", &name)
		}
	case *dynamodb.BatchWriteItemInput:
		for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
			touch("BatchWriteItem", &name)
		}
	case *dynamodb.TransactGetItemsInput:
		for _, item := range in.TransactItems {
			if item.Get != nil {
				touch("GetItem", item.Get.TableName)
			}
		}
	case *dynamodb.TransactWriteItemsInput:
		for _, item := range in.TransactItems {
			if item.ConditionCheck != nil {
				touch("ConditionCheckItem", item.ConditionCheck.TableName)
			}
			if item.Delete != nil {
				touch("DeleteItem", item.Delete.TableName)
			}
			if item.Put != nil {
				touch("PutItem", item.Put.TableName)
			}
			if item.Update != nil {
				touch("UpdateItem", item.Update.TableName)
			}
		}
	}
	return list
}
