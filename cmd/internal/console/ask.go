package console

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/terminal"
)

// Interactive reports whether a person is there to be asked. A run with
// --pin-from or --no-input, or without a terminal, counts as a script
// (docs/cli.md, "Secrets and scripts"). The terminal is the device: where the
// streams go does not matter, so that content may come in by a pipe and talk go
// to a log.
func (c *Console) Interactive() bool {
	if c.Unattended {
		return false
	}
	_, err := c.device()
	return err == nil
}

// InputNeeded returns the outcome of a run that has nobody to ask.
func InputNeeded() error {
	return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.input-needed"}
}

// AskAgain says why an answer cannot be used, and that the question is put
// anew. A question that ends by itself makes people type the answer into the
// shell.
func (c *Console) AskAgain(err error) {
	x := c.Explain(err)
	c.Prompt(x.Message)
	c.Prompt(x.Hint)
	c.Prompt(c.T("ask.on"))
}

// ReadSecret asks at the terminal for a secret of at most max bytes, without
// echo, until one was typed that did not begin before the question was put.
func (c *Console) ReadSecret(ctx context.Context, prompt string, max int) ([]byte, error) {
	t, err := c.device()
	if err != nil {
		return nil, InputNeeded()
	}
	c.Guard()
	for {
		typed, err := t.ReadSecret(ctx, prompt, max)
		if !errors.Is(err, terminal.ErrTypedAhead) {
			return typed, err
		}
		c.Prompt(c.T("secret.ahead"))
	}
}

// Guard keeps the secret that is about to be read out of core dumps.
func (c *Console) Guard() {
	if c.guard != nil {
		c.guard()
	}
}

// Ask puts a question with a visible answer, until one was typed that did not
// begin before the question was put.
func (c *Console) Ask(ctx context.Context, question string) (string, error) {
	if !c.Interactive() {
		return "", InputNeeded()
	}
	return c.AskLines(ctx, question, nil)
}

// AskLines is Ask for an answer on several lines (see
// [terminal.Terminal.AskLines]).
func (c *Console) AskLines(ctx context.Context, question string, more func(answer string) (string, bool)) (string, error) {
	t, err := c.device()
	if err != nil {
		return "", InputNeeded()
	}
	for {
		answer, err := t.AskLines(ctx, c.lastLine(question), more)
		if !errors.Is(err, terminal.ErrTypedAhead) {
			return answer, err
		}
		c.Prompt(c.T("secret.ahead"))
	}
}

// unreadable reports whether the answer that was typed is not text, or too
// long.
func unreadable(err error) bool {
	return errors.Is(err, terminal.ErrNotText) || errors.Is(err, terminal.ErrInputLength)
}

// lastLine shows all lines of a question but the last, which it returns.
func (c *Console) lastLine(question string) string {
	lines := strings.Split(c.fit(question, true), "\n")
	if len(lines) == 1 {
		return question // its blank at the end included
	}
	for _, line := range lines[:len(lines)-1] {
		c.Prompt(line)
	}
	return lines[len(lines)-1] + " "
}

// Agree asks until the answer is one of the words of answer.yes in full, or a
// no. A y may be a slip of the hand, and what is asked here cannot be taken
// back.
func (c *Console) Agree(ctx context.Context, question string) (bool, error) {
	return c.yesOrNo(ctx, question, false)
}

// Acknowledge is Agree for a notice: a word of answer.short is a yes too.
func (c *Console) Acknowledge(ctx context.Context, question string) (bool, error) {
	return c.yesOrNo(ctx, question, true)
}

func (c *Console) yesOrNo(ctx context.Context, question string, short bool) (bool, error) {
	for {
		answer, err := c.Ask(ctx, question)
		if err != nil && !unreadable(err) {
			return false, err
		}
		again := "agree.again"
		switch answer = strings.ToLower(strings.TrimSpace(norm.NFKC.String(answer))); {
		case among(c.T("answer.yes"), answer), short && among(c.T("answer.short"), answer):
			return true, nil
		case among(c.T("answer.no"), answer):
			return false, nil
		case among(c.T("answer.short"), answer):
			again = "agree.full"
		}
		c.Prompt(c.T(again))
	}
}

// among reports whether answer is one of the words of a message, which stand
// between commas. Nothing typed is no answer, whatever the message holds.
func among(words, answer string) bool {
	return answer != "" && slices.ContainsFunc(strings.Split(words, ","), func(word string) bool {
		return strings.TrimSpace(word) == answer
	})
}

// AskNumber shows lines and asks until one of the numbers 1 to most is chosen.
// It returns the number less 1.
func (c *Console) AskNumber(ctx context.Context, lines []string, most int) (int, error) {
	for _, line := range lines {
		c.Prompt(line)
	}
	for {
		answer, err := c.Ask(ctx, c.T("choose.number", "Most", most))
		if err != nil && !unreadable(err) {
			return 0, err
		}
		if n, err := strconv.Atoi(strings.TrimSpace(norm.NFKC.String(answer))); err == nil && n >= 1 && n <= most {
			return n - 1, nil
		}
		c.Prompt(c.T("choose.again", "Most", most))
	}
}
