//go:build !darwin && !dragonfly && !freebsd && !linux

package terminal

// A JobControl does nothing on this system, which has no jobs, or on which the
// default action of a signal cannot be restored.
type JobControl struct {
	// HasShell is not used here.
	HasShell func() bool
}

// NewJobControl returns nil.
func NewJobControl() *JobControl { return nil }

// Attach does nothing.
func (j *JobControl) Attach(*Terminal) {}

// Hold does nothing.
func (j *JobControl) Hold() (release func()) { return func() {} }

func (j *JobControl) detach(*Terminal)     {}
func (j *JobControl) suspend(bool)         {}
func (j *JobControl) foreground(*Terminal) {}
