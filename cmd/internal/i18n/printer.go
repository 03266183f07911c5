package i18n

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// A Printer returns messages in one language. It may be used by several
// goroutines.
//
// It decodes a message when it is first needed: few of them are needed in a
// run.
type Printer struct {
	// Version, if not nil, returns the version of the program, which is part of
	// the message about an internal error.
	Version func() string

	lang string
	tag  language.Tag

	mu        sync.Mutex
	files     []string // catalogues that were not read yet
	texts     [][]byte // catalogues that were read
	messages  map[string]message
	bundle    *goi18n.Bundle // messages with variables; nil at first
	localizer *goi18n.Localizer
}

// A message is the result of looking up an id.
type message struct {
	known bool
	plain string // the text, if there are no variables or plural forms
}

// New returns a Printer for one of [Languages].
func New(lang string) (*Printer, error) {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil, fmt.Errorf("i18n: language %q: %w", lang, err)
	}
	files, err := fs.Glob(catalogues, "messages/*."+lang+".json")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("i18n: language %q: no catalogue", lang)
	}
	return &Printer{lang: lang, tag: tag, files: files, messages: map[string]message{}}, nil
}

// T returns the message with the given id. pairs alternates names and values of
// its variables. The value named "N" also chooses the plural form. If no
// catalogue has the id, T returns the id itself, which a test rules out.
func (p *Printer) T(id string, pairs ...any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m := p.look(id); {
	case !m.known:
		return id
	case m.plain != "":
		return m.plain
	}
	cfg := &goi18n.LocalizeConfig{MessageID: id}
	if len(pairs) > 0 {
		data := make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			data[pairs[i].(string)] = pairs[i+1]
		}
		cfg.TemplateData = data
		if n, ok := data["N"].(int); ok {
			cfg.PluralCount = n
		}
	}
	// The message exists, so an error means that it lacks this plural form, and
	// text is the general form.
	text, _ := p.localizer.Localize(cfg)
	return text
}

// Has reports whether the catalogues have a message with this id.
func (p *Printer) Has(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.look(id).known
}

// look returns a message. It keeps the message for the next call.
func (p *Printer) look(id string) message {
	m, ok := p.messages[id]
	if !ok {
		m = p.read(p.find(id), id)
		p.messages[id] = m
	}
	return m
}

// find returns the text of a catalogue from the value of a message on, or nil.
// Each message begins on a line of its own, which is indented by two spaces. No
// other line looks like that, since a JSON string contains no line break.
func (p *Printer) find(id string) []byte {
	key := []byte("\n  \"" + id + "\": ")
	for i := 0; ; i++ {
		if i == len(p.texts) {
			if len(p.files) == 0 {
				return nil
			}
			text, err := fs.ReadFile(catalogues, p.files[0])
			if err != nil {
				panic(err) // the file was listed, so it can be read
			}
			p.files, p.texts = p.files[1:], append(p.texts, text)
		}
		if _, value, found := bytes.Cut(p.texts[i], key); found {
			return value
		}
	}
}

// read decodes the JSON value at the beginning of text.
func (p *Printer) read(text []byte, id string) message {
	var value any
	if json.NewDecoder(bytes.NewReader(text)).Decode(&value) != nil {
		return message{}
	}
	if plain, ok := value.(string); ok && !strings.Contains(plain, "{{") {
		return message{known: plain != "", plain: plain}
	}
	if p.bundle == nil {
		p.bundle = goi18n.NewBundle(p.tag)
		p.localizer = goi18n.NewLocalizer(p.bundle, p.lang)
	}
	m, err := goi18n.NewMessage(value)
	if err != nil {
		return message{}
	}
	m.ID = id
	return message{known: p.bundle.AddMessages(p.tag, m) == nil}
}
