package cli

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/terminal"
)

// longestSecret bounds what is read as a secret, in bytes: 16 characters in
// full width are 48 bytes; whatever is longer is refused whole, never cut.
const longestSecret = 256

// interactive tells whether a person is there to be asked. A run with --pin-from
// or --no-input, or away from a terminal, counts as a script (docs/cli.md, "Secrets and
// scripts"). The terminal is the device: where the streams go does not matter, so
// that content may come in by a pipe and talk go to a log.
func (a *app) interactive() bool {
	return !a.flags.noInput && a.flags.pinFrom == "" && a.hasTerminal()
}

func (a *app) hasTerminal() bool {
	_, err := a.device()
	return err == nil
}

// guard keeps the secret that is about to be read out of core dumps.
func (a *app) guard() {
	if a.env.Guard != nil {
		a.env.Guard()
	}
}

func wipe(secrets []card.Secret) {
	for _, s := range secrets {
		s.Wipe()
	}
}

// askSecret asks at the terminal until what was typed has the form of this
// credential. What is malformed never reaches the card.
func (a *app) askSecret(ctx context.Context, c card.Credential, prompt string) (card.Secret, error) {
	for {
		var s card.Secret
		typed, err := a.typeSecret(ctx, prompt)
		if err == nil {
			s, err = a.normalize(c, typed)
		}
		if outcome.CodeOf(err) != outcome.CodeBadSecretForm {
			return s, err
		}
		a.askOn(err)
	}
}

// askOn says why an answer cannot be used and that the question stands anew. A
// question that ends by itself makes people type the answer into the shell.
func (a *app) askOn(err error) {
	x := a.out.Explain(err)
	a.prompt(x.Message)
	a.prompt(x.Hint)
	a.prompt(a.t("ask.on"))
}

func (a *app) typeSecret(ctx context.Context, prompt string) (card.Secret, error) {
	t, err := a.device()
	if err != nil {
		return card.Secret{}, inputNeeded()
	}
	a.guard()
	typed, err := t.ReadSecret(ctx, prompt, longestSecret)
	for errors.Is(err, terminal.ErrTypedAhead) {
		a.prompt(a.t("secret.ahead"))
		typed, err = t.ReadSecret(ctx, prompt, longestSecret)
	}
	if err != nil {
		return card.Secret{}, err
	}
	return card.NewSecret(typed), nil
}

// normalize checks the form of a secret that the card has already, and remarks on one
// against the official rule: it is sent as it is.
func (a *app) normalize(c card.Credential, typed card.Secret) (card.Secret, error) {
	s, how, err := a.normalizeForm(c, typed)
	if err == nil && how.SingleClass {
		a.say(a.t("secret.single-class"))
	}
	return s, err
}

// normalizeForm checks the form and says what it changed: raised letters, folded width.
func (a *app) normalizeForm(c card.Credential, typed card.Secret) (card.Secret, card.Normalized, error) {
	s, how, err := card.Normalize(c, typed)
	if err != nil {
		return card.Secret{}, how, err
	}
	if how.Folded {
		a.say(a.t("secret.folded"))
	}
	if how.Raised {
		a.say(a.t("secret.raised"))
	}
	return s, how, nil
}

func inputNeeded() error {
	return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.input-needed"}
}

// ask puts a question with a visible answer, until one was typed that did not
// begin before the question stood there.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	if !a.interactive() {
		return "", inputNeeded()
	}
	return a.askLines(ctx, question, nil)
}

// askLines is ask for an answer on several lines (see [terminal.Terminal.AskLines]).
func (a *app) askLines(ctx context.Context, question string, more func(text string) (string, bool)) (string, error) {
	t, err := a.device()
	if err != nil {
		return "", inputNeeded()
	}
	for {
		answer, err := t.AskLines(ctx, a.lastLine(question), more)
		if !errors.Is(err, terminal.ErrTypedAhead) {
			return answer, err
		}
		a.prompt(a.t("secret.ahead"))
	}
}

// unreadable reports whether an answer was typed that is no text, or too long.
func unreadable(err error) bool {
	return errors.Is(err, terminal.ErrNotText) || errors.Is(err, terminal.ErrInputLength)
}

// lastLine shows all lines of a question but the last.
func (a *app) lastLine(question string) string {
	lines := strings.Split(a.fit(question, true), "\n")
	if len(lines) == 1 {
		return question // its blank at the end included
	}
	for _, line := range lines[:len(lines)-1] {
		a.prompt(line)
	}
	return lines[len(lines)-1] + " "
}

// agree asks for yes or はい in full until it is that or a no. A y may be a slip
// of the hand, and what is asked here cannot be taken back.
func (a *app) agree(ctx context.Context, question string) (bool, error) {
	return a.yesOrNo(ctx, question, false)
}

// acknowledge is agree for a notice: y will do.
func (a *app) acknowledge(ctx context.Context, question string) (bool, error) {
	return a.yesOrNo(ctx, question, true)
}

func (a *app) yesOrNo(ctx context.Context, question string, short bool) (bool, error) {
	for {
		answer, err := a.ask(ctx, question)
		if err != nil && !unreadable(err) {
			return false, err
		}
		again := "agree.again"
		switch answer = strings.ToLower(strings.TrimSpace(norm.NFKC.String(answer))); {
		case oneOf(answer, "yes", "はい"), short && answer == "y":
			return true, nil
		case oneOf(answer, "no", "n", "いいえ"):
			return false, nil
		case answer == "y":
			again = "agree.full"
		}
		a.prompt(a.t(again))
	}
}

// askNumber asks for one of most lines until one is chosen.
func (a *app) askNumber(ctx context.Context, lines []string, most int) (int, error) {
	for _, line := range lines {
		a.prompt(line)
	}
	for {
		answer, err := a.ask(ctx, a.t("choose.number", "Most", most))
		if err != nil && !unreadable(err) {
			return 0, err
		}
		if n, err := strconv.Atoi(strings.TrimSpace(norm.NFKC.String(answer))); err == nil && n >= 1 && n <= most {
			return n - 1, nil
		}
		a.prompt(a.t("choose.again", "Most", most))
	}
}

// prompt writes a line that belongs to a question, to the terminal device.
func (a *app) prompt(line string) {
	if line == "" {
		return
	}
	if t, err := a.device(); err == nil {
		_ = t.Print(a.fit(line, true) + "\n") // a terminal that went away is noticed by the next question
	}
}

// waitLimit is how long to wait for a card: negative is no limit.
func (g globals) waitLimit(interactive bool) (time.Duration, error) {
	if g.wait == "" {
		if interactive {
			return -1, nil
		}
		return 0, nil
	}
	if n, err := strconv.Atoi(g.wait); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(g.wait)
	if err != nil || d < 0 {
		return 0, outcome.Usage("err.flag.duration", "Flag", "--wait", "Value", g.wait)
	}
	return d, nil
}

func seen(wrong []card.Secret, s card.Secret) bool {
	for _, w := range wrong {
		if w.Equal(s) {
			return true
		}
	}
	return false
}
