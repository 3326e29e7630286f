package main

// cloudwatchModel is what programs that report metrics need of CloudWatch, and
// what reads them back.
func cloudwatchModel() *model {
	return handModel("2010-08-01", cloudwatchModelOperations, cloudwatchModelShapes)
}

// cloudwatchModelOperations: an operation, what it can answer with (nothing for -), its errors.
const cloudwatchModelOperations = `
GetMetricData GetMetricDataOutput InvalidNextToken
GetMetricStatistics GetMetricStatisticsOutput InvalidParameterValueException MissingRequiredParameterException InvalidParameterCombinationException InternalServiceFault
ListMetrics ListMetricsOutput InternalServiceFault InvalidParameterValueException
PutMetricData - InvalidParameterValueException MissingRequiredParameterException InvalidParameterCombinationException InternalServiceFault
`

const cloudwatchModelShapes = `
string AccountId 1 255
list Counts DatapointValue
structure Datapoint Timestamp SampleCount:DatapointValue Average:DatapointValue Sum:DatapointValue Minimum:DatapointValue Maximum:DatapointValue Unit:StandardUnit ExtendedStatistics:DatapointValueMap
double DatapointValue
map DatapointValueMap ExtendedStatistic DatapointValue
list DatapointValues DatapointValue
list Datapoints Datapoint
structure Dimension Name:DimensionName* Value:DimensionValue*
structure DimensionFilter Name:DimensionName* Value:DimensionValue
list DimensionFilters DimensionFilter - 10
string DimensionName 1 255
string DimensionValue 1 1024
list Dimensions Dimension - 30
string ExtendedStatistic
list ExtendedStatistics ExtendedStatistic 1 10
structure GetMetricDataInput MetricDataQueries* StartTime:Timestamp* EndTime:Timestamp* NextToken ScanBy MaxDatapoints:GetMetricDataMaxDatapoints
integer GetMetricDataMaxDatapoints
structure GetMetricDataOutput MetricDataResults NextToken Messages:MetricDataResultMessages
structure GetMetricStatisticsInput Namespace* MetricName* Dimensions StartTime:Timestamp* EndTime:Timestamp* Period* Statistics ExtendedStatistics Unit:StandardUnit
structure GetMetricStatisticsOutput Label:MetricLabel Datapoints
boolean IncludeLinkedAccounts
structure ListMetricsInput Namespace MetricName Dimensions:DimensionFilters NextToken RecentlyActive IncludeLinkedAccounts OwningAccount:AccountId
structure ListMetricsOutput Metrics NextToken OwningAccounts
structure MessageData Code:MessageDataCode Value:MessageDataValue
string MessageDataCode
string MessageDataValue
structure Metric Namespace MetricName Dimensions
list MetricData MetricDatum
list MetricDataQueries MetricDataQuery
structure MetricDataQuery Id:MetricId* MetricStat Label:MetricLabel ReturnData Period
structure MetricDataResult Id:MetricId Label:MetricLabel Timestamps Values:DatapointValues StatusCode Messages:MetricDataResultMessages
list MetricDataResultMessages MessageData
list MetricDataResults MetricDataResult
structure MetricDatum MetricName* Dimensions Timestamp Value:DatapointValue StatisticValues:StatisticSet Values Counts Unit:StandardUnit StorageResolution
string MetricId 1 255
string MetricLabel
string MetricName 1 255
structure MetricStat Metric* Period* Stat* Unit:StandardUnit
list Metrics Metric
string Namespace 1 255 [^:].*
string NextToken
list OwningAccounts AccountId
integer Period 1 -
structure PutMetricDataInput Namespace* MetricData
enum RecentlyActive PT3H
boolean ReturnData
enum ScanBy TimestampDescending TimestampAscending
enum StandardUnit Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None
string Stat
enum Statistic SampleCount Average Sum Minimum Maximum
structure StatisticSet SampleCount:DatapointValue* Sum:DatapointValue* Minimum:DatapointValue* Maximum:DatapointValue*
list Statistics Statistic 1 5
enum StatusCode Complete InternalError PartialData Forbidden
integer StorageResolution 1 -
timestamp Timestamp
list Timestamps Timestamp
list Values DatapointValue
error InternalServiceFault 500 Message:MessageDataValue
error InvalidNextToken 400 message:MessageDataValue
error InvalidParameterCombinationException 400 message:MessageDataValue
error InvalidParameterValueException 400 message:MessageDataValue
error MissingRequiredParameterException 400 message:MessageDataValue
`
