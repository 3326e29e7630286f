package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// nameArguments makes a command and those below it say which arguments they
// take, where cobra would only count them.
func nameArguments(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		nameArguments(child)
	}
	check := cmd.Args
	if check == nil {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err == nil || !strings.Contains(err.Error(), "arg(s)") {
			return err
		}
		_, names, _ := strings.Cut(cmd.Use, " ")
		return fmt.Errorf("%s takes %s; it was given %s", cmd.CommandPath(), names, counted(len(args)))
	}
}

func counted(arguments int) string {
	switch arguments {
	case 0:
		return "no argument"
	case 1:
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", arguments)
}

// refuseOtherHelp makes help about what is no command a misuse, where cobra
// would show the help of the nearest one.
func refuseOtherHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return
	}
	help.Args = func(_ *cobra.Command, args []string) error {
		if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
			return fmt.Errorf("%q is no command", strings.Join(args, " "))
		}
		return nil
	}
}
