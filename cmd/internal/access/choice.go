package access

import (
	"context"
	"strings"

	"natsuin/card/pcsc"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// pick chooses a reader by the rules of docs/cli.md, "Which reader", and starts
// a transaction on its card.
func (a *Access) pick(ctx context.Context, readers []pcsc.Reader) (*Session, error) {
	if a.Reader != "" {
		r, err := Named(readers, a.Reader)
		if err != nil {
			return nil, err
		}
		return a.Try(ctx, r)
	}
	var free, used, virtual []pcsc.Reader
	for _, r := range readers {
		switch {
		case r.Virtual:
			virtual = append(virtual, r)
		case r.InUse:
			used = append(used, r)
		default:
			free = append(free, r)
		}
	}
	found, why := a.tryAll(ctx, free, NoRealReader(virtual))
	if len(found) == 0 { // tried last: another program may hold these cards for long
		found, why = a.tryAll(ctx, used, why)
	}
	if len(found) == 0 {
		return nil, hintVirtual(why, virtual)
	}
	s, err := a.chooseOne(ctx, found)
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// NoRealReader returns the error for a machine without a real reader. It names
// one of the virtual readers, if there are any: if possible one that holds a
// card.
func NoRealReader(virtual []pcsc.Reader) error {
	if len(virtual) == 0 {
		return &outcome.Error{Code: outcome.CodeNoReader, ID: "err.no-reader"}
	}
	name := text.Escape(withCard(virtual)[0].Name)
	return &outcome.Error{Code: outcome.CodeNoReader, ID: "err.only-virtual", Pairs: []any{"Reader", name}}
}

// hintVirtual returns why, or if that is the absence of a card and a virtual
// reader holds one, an error that names this reader.
func hintVirtual(why error, virtual []pcsc.Reader) error {
	if outcome.CodeOf(why) != outcome.CodeNoCard {
		return why
	}
	for _, r := range virtual {
		if r.CardPresent {
			return &outcome.Error{Code: outcome.CodeNoCard, ID: "err.no-card.virtual", Pairs: []any{"Virtual", text.Escape(r.Name)}, Err: why}
		}
	}
	return why
}

// tryAll returns a Session, outside a transaction, for each reader that holds a
// JPKI card. The error says why there are no others: why or the error of a
// reader, whichever is more informative.
func (a *Access) tryAll(ctx context.Context, readers []pcsc.Reader, why error) ([]*Session, error) {
	var found []*Session
	for _, r := range readers {
		s, err := a.Try(ctx, r)
		if err != nil {
			why = worseReader(why, err)
			continue
		}
		s.end(false)
		found = append(found, s)
	}
	return found, why
}

// worseReader returns the more informative error: an empty reader comes before
// no reader, and any other error before both.
func worseReader(a, b error) error {
	rank := func(err error) int {
		switch outcome.CodeOf(err) {
		case outcome.CodeNoReader:
			return 0
		case outcome.CodeNoCard:
			return 1
		}
		return 2
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// Named returns the reader whose name is want, or else the one whose name
// contains want, ignoring case. If several names contain it, Named returns the
// one reader of these that holds a card. Otherwise it returns an error.
func Named(readers []pcsc.Reader, want string) (pcsc.Reader, error) {
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
	return &outcome.Error{Code: outcome.CodeNoReader, ID: "err.reader-unknown",
		Pairs: []any{"Value", text.Escape(want), "Known", readerNames(readers)}}
}

// withCard returns the readers that hold a card, or all of them if none does.
// The slots of one driver have similar names, and usually only one holds a
// card.
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
	return &outcome.Error{Code: outcome.CodeSeveralReaders, ID: "err.several-readers", Pairs: []any{"Known", list}}
}

func readerNames(readers []pcsc.Reader) string {
	if len(readers) == 0 {
		return "—"
	}
	var list []string
	for _, r := range readers {
		list = append(list, "--reader '"+text.Escape(r.Name)+"'")
	}
	return strings.Join(list, "\n")
}

// Try connects to one reader and selects the JPKI application on its card.
func (a *Access) Try(ctx context.Context, r pcsc.Reader) (*Session, error) {
	if !r.CardPresent {
		return nil, &outcome.Error{Code: outcome.CodeNoCard, ID: "err.no-card", Pairs: []any{"Reader", text.Escape(r.Name)}}
	}
	conn, err := a.Readers.Connect(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	return a.start(ctx, conn)
}

// chooseOne asks the person which of several cards to use, and closes the other
// sessions. A script gets an error that lists the --reader values.
func (a *Access) chooseOne(ctx context.Context, found []*Session) (*Session, error) {
	chosen := 0
	if len(found) > 1 {
		var err error
		if chosen, err = a.askReader(ctx, found); err != nil {
			for _, s := range found {
				s.Close()
			}
			return nil, err
		}
	}
	for i, s := range found {
		if i != chosen {
			s.Close()
		}
	}
	return found[chosen], nil
}

func (a *Access) askReader(ctx context.Context, found []*Session) (int, error) {
	var readers []pcsc.Reader
	for _, s := range found {
		readers = append(readers, pcsc.Reader{Name: s.conn.Reader()})
	}
	if !a.Interactive() {
		return 0, severalReaders(readerNames(readers))
	}
	lines := []string{a.T("choose.reader")}
	for i, r := range readers {
		lines = append(lines, a.T("choose.item", "Number", i+1, "Name", text.Escape(r.Name)))
	}
	return a.AskNumber(ctx, lines, len(readers))
}
