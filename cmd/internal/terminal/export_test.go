//go:build unix

package terminal

// OpenAt opens a terminal that need not be the controlling one.
var OpenAt = openTerminal
