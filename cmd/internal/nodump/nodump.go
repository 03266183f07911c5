// Package nodump keeps this process's memory out of core dumps, from the call
// of Disable until the process ends.
//
// It does not protect against those who may read the memory of a running
// process: root and, except on Linux, a debugger of the same user. It does not
// replace wiping secrets.
//
// The calls are described in setrlimit(2) (RLIMIT_CORE) and prctl(2)
// (PR_SET_DUMPABLE).
package nodump
