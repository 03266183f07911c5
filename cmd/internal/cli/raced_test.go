//go:build race

package cli_test

// raced is set if the race detector watches the tests.
const raced = true
