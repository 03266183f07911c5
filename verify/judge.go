package verify

import "context"

func verify(ctx context.Context, in Input, p Policy) (*Report, error) { return &Report{}, nil }
