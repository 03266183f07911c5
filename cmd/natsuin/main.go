// Command natsuin signs application files with the key in a My Number card,
// changes the card's passwords, verifies signatures and compares fingerprints.
//
// The program is package natsuin/cmd/internal/cli. This file only starts it.
//
// The contract of its commands, exit codes and JSON is docs/cli.md.
package main

import (
	"os"

	"natsuin/cmd/internal/cli"
)

func main() { os.Exit(cli.Main(cli.OS())) }
