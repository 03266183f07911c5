package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"

	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/i18n"
)

// A manual is the documentation of natsuin in one language.
type manual struct {
	words  *i18n.Printer
	root   cli.Page
	global []cli.Flag
}

// documents returns the contents of all files, by their path below docs, with
// slashes.
func documents() (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, lang := range i18n.Languages() {
		words, err := i18n.New(lang)
		if err != nil {
			return nil, err
		}
		root, global, err := cli.Reference(lang)
		if err != nil {
			return nil, err
		}
		b := manual{words, root, global}
		all["reference/"+lang+".md"] = []byte(b.reference())
		b.each(root, func(p cli.Page) {
			all["man/"+lang+"/"+manName(p)+".1"] = minus(md2man.Render([]byte(b.man(p))))
		})
	}
	return all, nil
}

// each calls visit for a page and all pages below it.
func (b manual) each(p cli.Page, visit func(cli.Page)) {
	visit(p)
	for _, sub := range p.Commands {
		b.each(sub, visit)
	}
}

func (b manual) t(id string, pairs ...any) string { return b.words.T(id, pairs...) }

func manName(p cli.Page) string { return strings.ReplaceAll(p.Name, " ", "-") }

// man returns a man page in Markdown for go-md2man.
func (b manual) man(p cli.Page) string {
	var w strings.Builder
	fmt.Fprintf(&w, "%% %s 1 \"\" \"natsuin\" \"%s\"\n\n", strings.ToUpper(manName(p)), b.t("man.manual"))
	fmt.Fprintf(&w, "# %s\n\n%s - %s\n\n", b.t("man.name"), manName(p), escape(p.Short))
	fmt.Fprintf(&w, "# %s\n\n%s\n\n", b.t("man.synopsis"), b.synopsis(p))
	fmt.Fprintf(&w, "# %s\n\n%s\n\n", b.t("man.description"), lines(p.Long))
	if len(p.Commands) > 0 {
		fmt.Fprintf(&w, "# %s\n\n", b.t("man.commands"))
		for _, sub := range p.Commands {
			fmt.Fprintf(&w, "**%s**(1)\n: %s\n\n", manName(sub), escape(sub.Short))
		}
	}
	if len(p.Flags) > 0 {
		fmt.Fprintf(&w, "# %s\n\n", b.t("man.flags"))
		manFlags(&w, p.Flags)
	}
	fmt.Fprintf(&w, "# %s\n\n", b.t("man.global-flags"))
	manFlags(&w, b.global)
	if p.Example != "" {
		fmt.Fprintf(&w, "# %s\n\n%s\n", b.t("man.examples"), code(p.Example))
	}
	if p.Name == b.root.Name {
		for _, topic := range i18n.Topics() {
			text, _ := b.words.Topic(topic)
			title, body, _ := strings.Cut(text, "\n")
			fmt.Fprintf(&w, "# %s\n\n%s\n", escape(title), code(strings.Trim(body, "\n")))
		}
	} else {
		fmt.Fprintf(&w, "# %s\n\n**%s**(1)\n", b.t("man.see-also"), manName(b.root))
	}
	return w.String()
}

// minus writes each hyphen of a man page as \-, the hyphen-minus that people
// can type: roff prints a bare - as a typographic hyphen, which a shell does
// not take for the beginning of a flag. It leaves the title line (.TH)
// unchanged.
func minus(page []byte) []byte {
	lines := strings.Split(string(page), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, ".TH ") {
			lines[i] = strings.ReplaceAll(strings.ReplaceAll(line, `\-`, "-"), "-", `\-`)
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// synopsis returns the usage line with the name of the command in bold.
func (b manual) synopsis(p cli.Page) string {
	rest, _ := strings.CutPrefix(p.Use, p.Name)
	return "**" + p.Name + "**" + escape(rest)
}

func manFlags(w *strings.Builder, flags []cli.Flag) {
	for _, f := range flags {
		name := "**--" + f.Name + "**"
		if f.Shorthand != "" {
			name = "**-" + f.Shorthand + "**, " + name
		}
		if f.Value != "" {
			name += " *" + escape(f.Value) + "*"
		}
		fmt.Fprintf(w, "%s\n: %s\n\n", name, escape(f.Words))
	}
}

// reference returns a page of Markdown about all commands.
func (b manual) reference() string {
	var w strings.Builder
	fmt.Fprintf(&w, "# %s\n\n%s\n", b.t("reference.title"), b.t("reference.made"))
	b.each(b.root, func(p cli.Page) {
		fmt.Fprintf(&w, "\n## %s\n\n%s\n\n", p.Name, lines(p.Long))
		fmt.Fprintf(&w, "%s\n", code(p.Use))
		if p.Example != "" {
			fmt.Fprintf(&w, "%s\n\n%s\n", b.t("help.examples"), code(p.Example))
		}
		for _, sub := range p.Commands {
			fmt.Fprintf(&w, "- [%s](#%s) — %s\n", sub.Name, manName(sub), escape(sub.Short))
		}
		if len(p.Commands) > 0 {
			w.WriteString("\n")
		}
		table(&w, b.t("help.flags"), p.Flags)
	})
	fmt.Fprintf(&w, "\n## %s\n\n", strings.TrimSuffix(b.t("help.global-flags"), ":"))
	table(&w, "", b.global)
	for _, topic := range i18n.Topics() {
		text, _ := b.words.Topic(topic)
		title, body, _ := strings.Cut(text, "\n")
		fmt.Fprintf(&w, "\n## %s\n\n`natsuin help %s`\n\n%s", title, topic, code(strings.Trim(body, "\n")))
	}
	return strings.ReplaceAll(w.String(), "\n\n\n", "\n\n")
}

func table(w *strings.Builder, title string, flags []cli.Flag) {
	if len(flags) == 0 {
		return
	}
	if title != "" {
		fmt.Fprintf(w, "%s\n\n", title)
	}
	for _, f := range flags {
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(w, "- `%s` — %s\n", strings.TrimRight(name+" "+f.Value, " "), escape(f.Words))
	}
}

var special = regexp.MustCompile(`[\\*_<>\[\]|#]`)

// escape escapes the characters that Markdown would interpret. Backquotes stay,
// because the catalogues use them as in Markdown.
func escape(text string) string {
	return special.ReplaceAllStringFunc(text, func(c string) string { return `\` + c })
}

// lines returns text in Markdown that keeps its line breaks and paragraphs.
func lines(text string) string {
	paragraphs := strings.Split(escape(text), "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(p, "\n", "  \n")
	}
	return strings.Join(paragraphs, "\n\n")
}

func code(text string) string { return "```\n" + text + "\n```\n" }
