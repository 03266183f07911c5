// Package depcheck contains no code. Its test checks that the packages of this
// project depend on each other in one direction only, and that the libraries do
// nothing that is left to the command.
//
// It does not check style. It reads every Go file, including those for other
// systems.
//
// The rules are the tables of its test, with one rule per row.
package depcheck
