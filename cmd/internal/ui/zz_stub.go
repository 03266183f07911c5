package ui

type JobControl struct{}

func (j *JobControl) Hold() func() { return func() {} }
