// Command provider is version 1.60.0 of Terraform's AWS provider, the last that the module proxy has, with the plugin
// protocol that OpenTofu speaks: the library around it is the one that brought that protocol, nothing else is changed.
package main

import (
	"github.com/hashicorp/terraform/plugin"
	"github.com/terraform-providers/terraform-provider-aws/aws"
)

func main() { plugin.Serve(&plugin.ServeOpts{ProviderFunc: aws.Provider}) }
