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

// Interactive reports whether a person can be asked. A run with --pin-from or
// --no-input, or without a terminal, counts as a script (docs/cli.md, "Secrets
// and scripts"). The terminal is the device, not the standard streams: content
// may come from a pipe, and messages may go to a log.
func (c *Console) Interactive() bool {
	if c.Unattended {
		return false
	}
	_, err := c.device()
	return err == nil
}

// InputNeeded returns the error of a run that needs an answer and cannot ask
// anybody.
func InputNeeded() error {
	return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.input-needed"}
}

// AskAgain says why an answer cannot be used and that the question follows
// again. If the run ended there instead, people might type the answer into the
// shell.
func (c *Console) AskAgain(err error) {
	x := c.Explain(err)
	c.Prompt(x.Message)
	c.Prompt(x.Hint)
	c.Prompt(c.T("ask.on"))
}

// ReadSecret asks at the terminal for a secret of at most max bytes, without
// echo. It asks again if the entry was begun before the prompt.
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

// Guard calls the guard of [New], which prevents core dumps: one could contain
// the secret that is about to be read.
func (c *Console) Guard() {
	if c.guard != nil {
		c.guard()
	}
}

// Ask asks a question whose answer is shown as it is typed. It asks again if
// the answer was begun before the prompt.
func (c *Console) Ask(ctx context.Context, question string) (string, error) {
	if !c.Interactive() {
		return "", InputNeeded()
	}
	return c.AskLines(ctx, question, nil)
}

// AskLines is like Ask, for an answer that may have several lines (see
// [terminal.Terminal.AskLines]). It does not check [Console.Interactive].
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

// unreadable reports whether err means that the answer is too long or not text.
func unreadable(err error) bool {
	return errors.Is(err, terminal.ErrNotText) || errors.Is(err, terminal.ErrInputLength)
}

// lastLine prints all lines of a question except the last, which it returns.
func (c *Console) lastLine(question string) string {
	lines := strings.Split(c.fit(question, true), "\n")
	if len(lines) == 1 {
		return question // unchanged, with the space at its end
	}
	for _, line := range lines[:len(lines)-1] {
		c.Prompt(line)
	}
	return lines[len(lines)-1] + " "
}

// Agree asks until the answer is one of the words of answer.yes or answer.no. A
// single y is not enough: it may be a slip, and what the person agrees to may
// be impossible to undo.
func (c *Console) Agree(ctx context.Context, question string) (bool, error) {
	return c.yesOrNo(ctx, question, false)
}

// Acknowledge is like Agree, but also takes the words of answer.short as a yes.
// It is for notices.
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
		if outcome.HoldsSecretForm(answer) {
			c.Prompt(c.T("agree.visible"))
		}
		c.Prompt(c.T(again))
	}
}

// among reports whether answer is one of words, a list separated by commas. An
// empty answer never is.
func among(words, answer string) bool {
	return answer != "" && slices.ContainsFunc(strings.Split(words, ","), func(word string) bool {
		return strings.TrimSpace(word) == answer
	})
}

// AskNumber prints lines and asks for a number until the answer is between 1
// and most. It returns that number minus 1.
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
