package cli

import (
	"context"
	"errors"
	"strings"

	"natsuin/card/apdu"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
)

// Readers is the PC/SC service, as far as the commands need it.
type Readers interface {
	List() ([]pcsc.Reader, error)
	// Wait blocks until readers or cards differ from known, or ctx ends.
	Wait(ctx context.Context, known []pcsc.Reader) error
	Connect(ctx context.Context, reader string) (Connection, error)
}

// A Connection is a card in a reader, or the practice card.
type Connection interface {
	apdu.Transmitter
	Begin() error         // starts a transaction: the card is ours alone
	End(reset bool) error // ends it, leaving the card as it is or reset
	Close() error         // leaves the card reset
	Reader() string
}

// pcscReaders is the service of this machine.
type pcscReaders struct{ system pcsc.System }

func (r pcscReaders) List() ([]pcsc.Reader, error) { return r.system.Readers() }

func (r pcscReaders) Wait(ctx context.Context, known []pcsc.Reader) error {
	return r.system.Wait(ctx, known)
}

func (r pcscReaders) Connect(ctx context.Context, reader string) (Connection, error) {
	return r.system.Connect(ctx, reader)
}

// practiceReader is the one name that reaches the practice card (docs/cli.md, "Which reader").
const practiceReader = "practice"

// connect finds the card and returns it inside a transaction, with the JPKI
// application selected. It waits for a reader and a card as long as --wait allows.
func (a *app) connect(ctx context.Context) (*session, error) {
	if a.flags.reader == practiceReader {
		return a.connectPractice()
	}
	return a.await(ctx, a.flags.reader, func(readers []pcsc.Reader) (*session, error) { return a.pick(ctx, readers) })
}

// reconnect does so with the reader of that very name, whatever lies in any other.
func (a *app) reconnect(ctx context.Context, reader string) (*session, error) {
	if a.flags.reader == practiceReader {
		return a.connectPractice()
	}
	return a.await(ctx, reader, func(readers []pcsc.Reader) (*session, error) {
		for _, r := range readers {
			if r.Name == reader {
				return a.try(ctx, r)
			}
		}
		return nil, unknownReader(readers, reader)
	})
}

// await waits until take gets a card; wanted is the reader that is named, if any.
func (a *app) await(ctx context.Context, wanted string, take func([]pcsc.Reader) (*session, error)) (*session, error) {
	limit, err := a.flags.waitLimit(a.interactive())
	if err != nil {
		return nil, err
	}
	// Only waiting is limited: a card that is there is reached, and a person who is
	// asked which one may think, however short --wait is.
	waiting := ctx
	if limit >= 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeoutCause(ctx, limit, errWaited)
		defer cancel()
	}
	var said string
	for {
		readers, err := a.env.Readers.List()
		if err != nil {
			return nil, err
		}
		s, why := take(readers)
		if why == nil {
			return s, nil
		}
		code := i18n.CodeOf(why)
		if limit == 0 || (code != i18n.CodeNoReader && code != i18n.CodeNoCard) {
			return nil, why
		}
		if line := a.waitingFor(code, wanted, readers); line != said {
			a.say(line)
			said = line
		}
		if err := a.env.Readers.Wait(waiting, readers); err != nil {
			if ctx.Err() != nil {
				return nil, context.Canceled
			}
			if waiting.Err() != nil {
				return nil, &i18n.Error{Code: i18n.CodeTimeout, ID: "err.wait", Err: why}
			}
			return nil, err
		}
	}
}

var errWaited = errors.New("the time to wait is over")

func (a *app) waitingFor(code i18n.Code, wanted string, readers []pcsc.Reader) string {
	if code == i18n.CodeNoReader {
		if wanted != "" {
			return a.t("wait.reader.named", "Value", ui.Escape(wanted))
		}
		return a.t("wait.reader")
	}
	for _, r := range readers {
		if !r.Virtual || wanted != "" {
			return a.t("wait.card", "Reader", ui.Escape(r.Name))
		}
	}
	return a.t("wait.card.any")
}

func (a *app) connectPractice() (*session, error) {
	store := a.practiceStore()
	conn, err := store.Connect()
	if err != nil {
		return nil, err
	}
	return a.start(conn)
}

func (a *app) practiceStore() *practice.Store { return practice.Open(a.practiceOptions()) }

func (a *app) practiceOptions() practice.Options {
	return practice.Options{
		Dir:    a.env.dataDir("practice"),
		Now:    a.env.Now,
		Making: func() { a.say(a.t("practice.making")) },
	}
}

// pick chooses among the readers as docs/cli.md, "Which reader", says.
func (a *app) pick(ctx context.Context, readers []pcsc.Reader) (*session, error) {
	if a.flags.reader != "" {
		r, err := named(readers, a.flags.reader)
		if err != nil {
			return nil, err
		}
		return a.try(ctx, r)
	}
	var found []*session
	why := error(&i18n.Error{Code: i18n.CodeNoReader, ID: "err.no-reader"})
	for _, r := range readers {
		if r.Virtual {
			if len(readers) == 1 || i18n.CodeOf(why) == i18n.CodeNoReader {
				why = &i18n.Error{Code: i18n.CodeNoReader, ID: "err.only-virtual", Pairs: []any{"Reader", ui.Escape(r.Name)}}
			}
			continue
		}
		s, err := a.try(ctx, r)
		if err != nil {
			why = worseReader(why, err)
			continue
		}
		s.end(false)
		found = append(found, s)
	}
	if len(found) == 0 {
		return nil, why
	}
	s, err := a.chooseOne(ctx, found)
	if err != nil {
		return nil, err
	}
	if err := s.begin(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// worseReader keeps what tells the person most: a card that is there but unusable
// before an empty reader, an empty reader before none.
func worseReader(a, b error) error {
	rank := func(err error) int {
		switch i18n.CodeOf(err) {
		case i18n.CodeNoReader:
			return 0
		case i18n.CodeNoCard:
			return 1
		}
		return 2
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// named finds the reader that --reader means: the exact name, else a part of one
// name in any case. A part of several names means the one that holds a card.
func named(readers []pcsc.Reader, want string) (pcsc.Reader, error) {
	var part []pcsc.Reader
	for _, r := range readers {
		if r.Name == want {
			return r, nil
		}
		if strings.Contains(strings.ToLower(r.Name), strings.ToLower(want)) {
			part = append(part, r)
		}
	}
	if len(part) > 1 {
		part = withCard(part)
	}
	switch len(part) {
	case 1:
		return part[0], nil
	case 0:
		return pcsc.Reader{}, unknownReader(readers, want)
	}
	return pcsc.Reader{}, severalReaders(readerNames(part))
}

func unknownReader(readers []pcsc.Reader, want string) error {
	return &i18n.Error{Code: i18n.CodeNoReader, ID: "err.reader-unknown",
		Pairs: []any{"Value", ui.Escape(want), "Known", readerNames(readers)}}
}

// withCard leaves the readers that hold a card, or all of them when none does: the
// slots of one driver share a name, and mostly one card is there.
func withCard(readers []pcsc.Reader) []pcsc.Reader {
	var full []pcsc.Reader
	for _, r := range readers {
		if r.CardPresent {
			full = append(full, r)
		}
	}
	if full == nil {
		return readers
	}
	return full
}

func severalReaders(list string) error {
	return &i18n.Error{Code: i18n.CodeSeveralReaders, ID: "err.several-readers", Pairs: []any{"Known", list}}
}

func readerNames(readers []pcsc.Reader) string {
	if len(readers) == 0 {
		return "—"
	}
	var list []string
	for _, r := range readers {
		list = append(list, "--reader '"+ui.Escape(r.Name)+"'")
	}
	return strings.Join(list, "\n")
}

// try connects to one reader and selects the JPKI application on its card.
func (a *app) try(ctx context.Context, r pcsc.Reader) (*session, error) {
	if !r.CardPresent {
		return nil, &i18n.Error{Code: i18n.CodeNoCard, ID: "err.no-card", Pairs: []any{"Reader", ui.Escape(r.Name)}}
	}
	conn, err := a.env.Readers.Connect(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	return a.start(conn)
}

// chooseOne asks which of several cards is meant; a script is told how to say it.
func (a *app) chooseOne(ctx context.Context, found []*session) (*session, error) {
	chosen := 0
	if len(found) > 1 {
		var err error
		if chosen, err = a.askReader(ctx, found); err != nil {
			for _, s := range found {
				s.close()
			}
			return nil, err
		}
	}
	for i, s := range found {
		if i != chosen {
			s.close()
		}
	}
	return found[chosen], nil
}

func (a *app) askReader(ctx context.Context, found []*session) (int, error) {
	var readers []pcsc.Reader
	for _, s := range found {
		readers = append(readers, pcsc.Reader{Name: s.conn.Reader()})
	}
	if !a.interactive() {
		return 0, severalReaders(readerNames(readers))
	}
	lines := []string{a.t("choose.reader")}
	for i, r := range readers {
		lines = append(lines, a.t("choose.item", "Number", i+1, "Name", ui.Escape(r.Name)))
	}
	return a.askNumber(ctx, lines, len(readers))
}
