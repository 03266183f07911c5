// Package nodump keeps what is in this process's memory out of core dumps, from
// before the first secret is read until the process ends.
//
// It does not protect against who may read the memory of a running process:
// root, and where the system allows it a debugger of the same user. It is no
// substitute for wiping secrets either.
//
// The calls are described in setrlimit(2) (RLIMIT_CORE) and prctl(2)
// (PR_SET_DUMPABLE).
package nodump
