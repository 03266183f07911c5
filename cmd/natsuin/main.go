// Command natsuin signs application files with the key in a My Number card,
// changes the card's passwords, checks signatures and compares fingerprints.
//
// Everything happens in cmd/internal/cli; this file only starts it.
//
// The contract of its commands, exit codes and JSON is in docs/reference.
package main

import (
	"os"

	"natsuin/cmd/internal/cli"
)

func main() { os.Exit(cli.Main(cli.OS())) }
