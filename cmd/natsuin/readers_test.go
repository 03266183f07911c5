//go:build linux

package main_test

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"natsuin/card/pcsc"
	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/practice"
	"natsuin/card/virtual"
	"natsuin/card/virtual/vpcd"
	"natsuin/cmd/internal/access"
)

// secondSlot is the address at which the driver of vpcd waits for the card of
// its second reader.
const secondSlot = "127.0.0.1:35964"

// theReaders is the key of the readers in the values of a script.
type theReaders struct{}

// scriptReaders are the readers of the real PC/SC service, from a script's
// first use of them to its end. They also hold the script's practice card, and
// another program that uses it.
type scriptReaders struct {
	t       testing.TB
	service *pcscdtest.Service
	quirk   *quirk
	other   *pcsc.Conn
}

// reader WHAT... does something to the readers, in a script or as a step at the
// terminal. READER and READER2 are their names.
//
//	take             wait for exclusive use of one of them; it is empty
//	take both        wait for exclusive use of both
//	insert [QUIRK]   put the card into READER; see quirk. KEEP=verified is
//	                 a card on which a new SELECT of the application ends no
//	                 login, and whose query is then answered with 9000
//	                 (docs/card.md §2)
//	insert2          put a card into READER2, after take both
//	another          put another card into READER, with the signature
//	                 password OTHER4567
//	remove           remove the card from READER
//	asked            wait until the card has carried out the command of its
//	                 quirk
//	answer           let the card answer that command
//	share            another program connects to the card
//	hold, let        that program begins or ends a transaction
//	send HEX ANSWER  that program sends a command in a transaction of its own;
//	                 the answer must begin with ANSWER
func reader(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: reader what...")
	}
	r := ts.Value(theReaders{}).(*scriptReaders)
	switch what := strings.Join(args[:1], ""); {
	case what == "take" && len(args) == 1:
		r.service = pcscdtest.UseOne(r.t)
		ts.Setenv("READER", r.service.Reader())
	case what == "take" && len(args) == 2 && args[1] == "both":
		r.service = pcscdtest.Use(r.t)
		ts.Setenv("READER", r.service.Reader())
		ts.Setenv("READER2", r.second(ts).Name)
	case what == "insert" && len(args) == 1:
		r.service.Insert(practiceCard(ts))
	case what == "insert" && len(args) == 2 && args[1] == "KEEP=verified":
		r.service.Insert(practiceCard(ts, func(o *virtual.Options) { o.KeepVerified, o.QueryAfterVerify = true, true }))
	case what == "insert" && len(args) == 2:
		r.quirk = newQuirk(ts, args[1])
		r.service.Insert(r.quirk)
	case what == "another" && len(args) == 1:
		state := practiceCard(ts).Card().State()
		state.Sign.Secret = []byte("OTHER4567")
		r.service.Insert(virtual.New(virtual.Options{State: state}))
	case what == "insert2" && len(args) == 1:
		r.insertSecond(ts)
	case what == "remove" && len(args) == 1:
		r.service.Remove()
	case what == "asked" && len(args) == 1:
		<-r.quirk.asked
	case what == "answer" && len(args) == 1:
		close(r.quirk.answer)
	case what == "share" && len(args) == 1:
		conn, err := pcsc.System{}.Connect(r.t.Context(), r.service.Reader())
		ts.Check(err)
		r.other = conn
		ts.Defer(func() { conn.Close() })
	case what == "hold" && len(args) == 1:
		ts.Check(r.other.Begin(context.Background()))
	case what == "let" && len(args) == 1:
		ts.Check(r.other.End(false))
	case what == "send" && len(args) == 3:
		r.send(ts, args[1], args[2])
	default:
		ts.Fatalf("reader: no such thing: %v", args)
	}
}

func practiceCard(ts *testscript.TestScript, change ...func(*virtual.Options)) *practice.Conn {
	o := practice.Options{Dir: storeDir(ts.Getenv)}
	for _, c := range change {
		c(&o.Card)
	}
	conn, err := practice.Open(o).Connect(context.Background())
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
	return conn
}

// second returns the second reader in its current state.
func (r *scriptReaders) second(ts *testscript.TestScript) pcsc.Reader {
	readers, err := pcsc.System{}.Readers(context.Background())
	ts.Check(err)
	for _, other := range readers {
		if other.Virtual && other.Name != r.service.Reader() {
			return other
		}
	}
	ts.Fatalf("no second virtual reader among %v", readers)
	return pcsc.Reader{}
}

// insertSecond puts a card into the second reader, and returns when the service
// sees it.
func (r *scriptReaders) insertSecond(ts *testscript.TestScript) {
	conn, err := vpcd.Dial(r.t.Context(), secondSlot)
	ts.Check(err)
	ctx, cancel := context.WithCancel(r.t.Context())
	card := practiceCard(ts)
	served := make(chan error, 1)
	go func() { served <- vpcd.Serve(ctx, conn, card) }()
	ts.Defer(func() {
		cancel()
		<-served
		r.await(ts, false)
	})
	r.await(ts, true)
}

func (r *scriptReaders) await(ts *testscript.TestScript, present bool) {
	for limit := time.Now().Add(patience); r.second(ts).CardPresent != present; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			ts.Fatalf("a card in the second reader: not %v", present)
		}
	}
}

// send makes the other program send one command, which shows what is still
// selected and verified.
func (r *scriptReaders) send(ts *testscript.TestScript, command, want string) {
	bytes, err := hex.DecodeString(command)
	ts.Check(err)
	ts.Check(r.other.Begin(context.Background()))
	answer, err := r.other.Transmit(bytes)
	ts.Check(err)
	ts.Check(r.other.End(false))
	if got := hex.EncodeToString(answer); !strings.HasPrefix(got, want) {
		ts.Fatalf("%s is answered %s, want %s", command, got, want)
	}
}

// A quirk is a card with a special answer to one command that it has carried
// out: SELECT of an application, QUERY of the tries, VERIFY, CHANGE or SIGN.
//
//	VERIFY=lifted   the card is removed, so the answer is lost
//	VERIFY=held     the card answers when it is told to
//	SIGN=spoilt     a bit of the answer is wrong
//	QUERY=9000      the card answers 9000
type quirk struct {
	vpcd.Card
	command, effect string
	asked, answer   chan struct{}
}

func newQuirk(ts *testscript.TestScript, text string) *quirk {
	command, effect, ok := strings.Cut(text, "=")
	if !ok || !slices.Contains([]string{"SELECT", "QUERY", "VERIFY", "CHANGE", "SIGN"}, command) {
		ts.Fatalf("no quirk %q", text)
	}
	return &quirk{practiceCard(ts), command, effect, make(chan struct{}), make(chan struct{})}
}

var errLifted = errors.New("lifted")

// Transmit implements vpcd.Card.
func (q *quirk) Transmit(command []byte) ([]byte, error) {
	answer, err := q.Card.Transmit(command)
	if err != nil || nameOf(command) != q.command {
		return answer, err
	}
	switch q.effect {
	case "lifted":
		return nil, errLifted
	case "held":
		close(q.asked)
		<-q.answer
		return answer, nil
	case "spoilt":
		answer[0] ^= 1
		return answer, nil
	}
	return hex.DecodeString(q.effect)
}

// nameOf returns the name of a command that can have a quirk (docs/card.md §2).
func nameOf(command []byte) string {
	switch {
	case len(command) < 4:
	case command[1] == 0xA4 && command[2] == 0x04:
		return "SELECT"
	case command[1] == 0x20 && len(command) == 4:
		return "QUERY"
	case command[1] == 0x20:
		return "VERIFY"
	case command[1] == 0x24:
		return "CHANGE"
	case command[1] == 0x2A:
		return "SIGN"
	}
	return ""
}

// pluggedFile is an environment variable with the name of a file that lists the
// names of the readers that are plugged in, one per line. A reader with
// "virtual: " before its name stays a virtual one. The lines panic and fail
// cause bugs.
const pluggedFile = "TEST_PLUGGED"

// plugged shows only the readers of the PC/SC service that a file names, and
// marks them as hardware: the readers of vpcd cannot be unplugged and are never
// chosen automatically.
type plugged struct {
	access.Readers
	file string
}

// List implements access.Readers.
func (p plugged) List(ctx context.Context) ([]pcsc.Reader, error) {
	names, err := os.ReadFile(p.file)
	if err != nil {
		return nil, err
	}
	switch string(names) {
	case "panic\n":
		panic("RENSHU123")
	case "fail\n":
		return nil, errors.New("RENSHU123")
	}
	all, err := p.Readers.List(ctx)
	var list []pcsc.Reader
	lines := strings.Split(string(names), "\n")
	for _, r := range all {
		r.Virtual = slices.Contains(lines, "virtual: "+r.Name)
		if r.Virtual || slices.Contains(lines, r.Name) {
			list = append(list, r)
		}
	}
	return list, err
}

// Wait implements access.Readers.
func (p plugged) Wait(ctx context.Context, known []pcsc.Reader) error {
	for {
		now, err := p.List(ctx)
		if err != nil || !slices.EqualFunc(now, known, func(a, b pcsc.Reader) bool {
			return a.Name == b.Name && a.CardPresent == b.CardPresent
		}) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
