//go:build unix

package terminal

// OpenAt opens a terminal that need not control this process.
var OpenAt = openTerminal
