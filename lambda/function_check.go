package lambda

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// fresh is the configuration of a function of which nothing is said.
func fresh(name string) configuration {
	return configuration{Version: latest, Timeout: 3, MemorySize: 128, Package: string(types.PackageTypeZip),
		Machines: []string{string(types.ArchitectureX8664)}, Tracing: string(types.TracingModePassThrough), StorageMB: 512,
		SnapStart: string(types.SnapStartApplyOnNone), Logging: logging{Format: string(types.LogFormatText), Group: "/aws/lambda/" + name}}
}

// change is what a caller asks of a configuration; nil members say nothing.
type change struct {
	Role, Handler, Description, KMSKey *string
	Runtime                            types.Runtime
	Timeout, MemorySize                *int32
	Environment                        *types.Environment
	Layers                             []string
	Tracing                            *types.TracingConfig
	DeadLetter                         *types.DeadLetterConfig
	Network                            *types.VpcConfig
	Storage                            *types.EphemeralStorage
	SnapStart                          *types.SnapStart
	Logging                            *types.LoggingConfig
	Files                              []types.FileSystemConfig
	Image                              *types.ImageConfig
}

func changeOfCreate(in *lambda.CreateFunctionInput) change {
	return change{Role: in.Role, Handler: in.Handler, Description: in.Description, KMSKey: in.KMSKeyArn, Runtime: in.Runtime,
		Timeout: in.Timeout, MemorySize: in.MemorySize, Environment: in.Environment, Layers: in.Layers, Tracing: in.TracingConfig,
		DeadLetter: in.DeadLetterConfig, Network: in.VpcConfig, Storage: in.EphemeralStorage, SnapStart: in.SnapStart,
		Logging: in.LoggingConfig, Files: in.FileSystemConfigs, Image: in.ImageConfig}
}

func changeOfUpdate(in *lambda.UpdateFunctionConfigurationInput) change {
	return change{Role: in.Role, Handler: in.Handler, Description: in.Description, KMSKey: in.KMSKeyArn, Runtime: in.Runtime,
		Timeout: in.Timeout, MemorySize: in.MemorySize, Environment: in.Environment, Layers: in.Layers, Tracing: in.TracingConfig,
		DeadLetter: in.DeadLetterConfig, Network: in.VpcConfig, Storage: in.EphemeralStorage, SnapStart: in.SnapStart,
		Logging: in.LoggingConfig, Files: in.FileSystemConfigs, Image: in.ImageConfig}
}

// apply writes a change into a configuration.
func (w *change) apply(c *configuration) {
	give(&c.Role, w.Role)
	give(&c.Handler, w.Handler)
	give(&c.Description, w.Description)
	give(&c.KMSKey, w.KMSKey)
	give(&c.Timeout, w.Timeout)
	give(&c.MemorySize, w.MemorySize)
	if w.Runtime != "" {
		c.Runtime = string(w.Runtime)
	}
	if w.Environment != nil {
		c.Environment = w.Environment.Variables
	}
	if w.Layers != nil {
		c.Layers = slices.Clone(w.Layers)
	}
	if w.Tracing != nil && w.Tracing.Mode != "" {
		c.Tracing = string(w.Tracing.Mode)
	}
	if w.DeadLetter != nil {
		c.DeadLetter = aws.ToString(w.DeadLetter.TargetArn)
	}
	w.applyNested(c)
}

func (w *change) applyNested(c *configuration) {
	if n := w.Network; n != nil {
		c.Network = &network{Subnets: slices.Concat([]string{}, n.SubnetIds), Groups: slices.Concat([]string{}, n.SecurityGroupIds),
			IPv6: aws.ToBool(n.Ipv6AllowedForDualStack)}
	}
	if w.Storage != nil {
		give(&c.StorageMB, w.Storage.Size)
	}
	if w.SnapStart != nil && w.SnapStart.ApplyOn != "" {
		c.SnapStart = string(w.SnapStart.ApplyOn)
	}
	if l := w.Logging; l != nil {
		give(&c.Logging.Group, l.LogGroup)
		if l.LogFormat != "" {
			c.Logging.Format = string(l.LogFormat)
		}
		if c.Logging.App, c.Logging.System = "", ""; c.Logging.Format == string(types.LogFormatJson) {
			c.Logging.App = or(string(l.ApplicationLogLevel), string(types.ApplicationLogLevelInfo))
			c.Logging.System = or(string(l.SystemLogLevel), string(types.SystemLogLevelInfo))
		}
	}
	if w.Files != nil {
		c.Files = nil
		for _, f := range w.Files {
			c.Files = append(c.Files, fileSystem{ARN: aws.ToString(f.Arn), Path: aws.ToString(f.LocalMountPath)})
		}
	}
	if i := w.Image; i != nil {
		c.ImageConfig = &imageConfig{Command: i.Command, EntryPoint: i.EntryPoint, Directory: aws.ToString(i.WorkingDirectory)}
	}
}

func or(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// source is where the code of a function comes from.
type source struct {
	Zip                []byte
	Bucket, Key, Image *string
}

// get fetches the code and enters it into a configuration.
func (r *Room) get(ctx context.Context, s source, c *configuration) error {
	if s.Zip != nil && (s.Bucket != nil || s.Key != nil || s.Image != nil) {
		return errCodeTwice()
	}
	switch {
	case s.Image != nil:
		c.Image, c.Package = *s.Image, string(types.PackageTypeImage)
		c.CodeSum, c.CodeSize, c.Code = imageSum(*s.Image), 0, ""
		return nil
	case s.Zip != nil:
		return r.putCode(ctx, c, s.Zip)
	case s.Bucket != nil && s.Key != nil:
		if r.config.Objects == nil {
			return errObject("NoSuchBucket", "The specified bucket does not exist")
		}
		raw, err := r.config.Objects.GetObject(ctx, r.caller(ctx).Account, *s.Bucket, *s.Key)
		if err != nil {
			return errObject("NoSuchKey", "The specified key does not exist.")
		}
		return r.putCode(ctx, c, raw)
	}
	return errCodeMissing()
}
