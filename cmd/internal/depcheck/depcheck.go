// Package depcheck holds no code: its test keeps the dependencies between the
// packages of this project pointing one way, and the libraries free of what
// belongs to a command.
//
// It does not check style. It reads every file, whatever system the file is
// for.
//
// The rules stand in the tables of its test, each as one row.
package depcheck
