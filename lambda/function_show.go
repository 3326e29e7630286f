package lambda

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// modifiedLayout is how functions show their time, unlike all else in Lambda.
const modifiedLayout = "2006-01-02T15:04:05.000-0700"

// show is a version as clients see it. The ARN is qualified as the caller
// named the function, but for the versions of a list.
func (c *configuration) show(ref reference) *types.FunctionConfiguration {
	out := &types.FunctionConfiguration{
		FunctionName: aws.String(ref.Key.Name), FunctionArn: aws.String(ref.arn()), Role: aws.String(c.Role),
		Runtime: types.Runtime(c.Runtime), Handler: optional(c.Handler), Description: aws.String(c.Description),
		Timeout: aws.Int32(c.Timeout), MemorySize: aws.Int32(c.MemorySize), CodeSize: c.CodeSize, CodeSha256: aws.String(c.CodeSum),
		Version: aws.String(c.Version), RevisionId: aws.String(c.Revision), PackageType: types.PackageType(c.Package),
		LastModified:  aws.String(timeOf(c.Modified).Format(modifiedLayout)),
		TracingConfig: &types.TracingConfigResponse{Mode: types.TracingMode(c.Tracing)},
		State:         types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful,
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(c.StorageMB)},
		SnapStart:        &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOn(c.SnapStart), OptimizationStatus: types.SnapStartOptimizationStatusOff},
		KMSKeyArn:        optional(c.KMSKey),
		LoggingConfig: &types.LoggingConfig{LogFormat: types.LogFormat(c.Logging.Format), LogGroup: aws.String(c.Logging.Group),
			ApplicationLogLevel: types.ApplicationLogLevel(c.Logging.App), SystemLogLevel: types.SystemLogLevel(c.Logging.System)},
	}
	for _, m := range c.Machines {
		out.Architectures = append(out.Architectures, types.Architecture(m))
	}
	for _, l := range c.Layers {
		out.Layers = append(out.Layers, types.Layer{Arn: aws.String(l)})
	}
	for _, f := range c.Files {
		out.FileSystemConfigs = append(out.FileSystemConfigs, types.FileSystemConfig{Arn: aws.String(f.ARN), LocalMountPath: aws.String(f.Path)})
	}
	c.showOptional(out)
	return out
}

func (c *configuration) showOptional(out *types.FunctionConfiguration) {
	if len(c.Environment) > 0 {
		out.Environment = &types.EnvironmentResponse{Variables: c.Environment}
	}
	if c.DeadLetter != "" {
		out.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: aws.String(c.DeadLetter)}
	}
	if n := c.Network; n != nil {
		out.VpcConfig = &types.VpcConfigResponse{SubnetIds: n.Subnets, SecurityGroupIds: n.Groups,
			Ipv6AllowedForDualStack: aws.Bool(n.IPv6), VpcId: aws.String("")}
		if len(n.Subnets) > 0 {
			out.VpcConfig.VpcId = aws.String("vpc-00000000")
		}
	}
	if i := c.ImageConfig; i != nil {
		out.ImageConfigResponse = &types.ImageConfigResponse{ImageConfig: &types.ImageConfig{
			Command: i.Command, EntryPoint: i.EntryPoint, WorkingDirectory: optional(i.Directory)}}
	}
	if c.Package == string(types.PackageTypeZip) && c.Runtime != "" {
		out.RuntimeVersionConfig = &types.RuntimeVersionConfig{
			RuntimeVersionArn: aws.String("arn:aws:lambda:us-east-1::runtime:0000000000000000000000000000000000000000000000000000000000000000")}
	}
}

// answer is the same as an answer of its own.
func answer(c *types.FunctionConfiguration) lambda.GetFunctionConfigurationOutput {
	return lambda.GetFunctionConfigurationOutput{
		Architectures: c.Architectures, CodeSha256: c.CodeSha256, CodeSize: c.CodeSize, DeadLetterConfig: c.DeadLetterConfig,
		Description: c.Description, Environment: c.Environment, EphemeralStorage: c.EphemeralStorage,
		FileSystemConfigs: c.FileSystemConfigs, FunctionArn: c.FunctionArn, FunctionName: c.FunctionName, Handler: c.Handler,
		ImageConfigResponse: c.ImageConfigResponse, KMSKeyArn: c.KMSKeyArn, LastModified: c.LastModified,
		LastUpdateStatus: c.LastUpdateStatus, Layers: c.Layers, LoggingConfig: c.LoggingConfig, MemorySize: c.MemorySize,
		PackageType: c.PackageType, RevisionId: c.RevisionId, Role: c.Role, Runtime: c.Runtime,
		RuntimeVersionConfig: c.RuntimeVersionConfig, SnapStart: c.SnapStart, State: c.State, Timeout: c.Timeout,
		TracingConfig: c.TracingConfig, Version: c.Version, VpcConfig: c.VpcConfig,
	}
}

// optional is a text that is absent when it is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return aws.String(text)
}
