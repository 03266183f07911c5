//go:build unix

package ui

// OpenTerminalAt opens a terminal that need not control this process.
var OpenTerminalAt = openTerminal
