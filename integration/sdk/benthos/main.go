// Command benthos is Benthos 4.27.0 with the components of AWS. Its aws_kinesis input is the one that lives on in
// Redpanda Connect, of the last version under the MIT licence.
package main

import (
	"context"

	"github.com/benthosdev/benthos/v4/public/service"

	_ "github.com/benthosdev/benthos/v4/public/components/aws"
	_ "github.com/benthosdev/benthos/v4/public/components/io"
	_ "github.com/benthosdev/benthos/v4/public/components/pure"
)

func main() { service.RunCLI(context.Background()) }
