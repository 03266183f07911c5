package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDocumentsAreFresh(t *testing.T) {
	want, err := documents()
	if err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join("..", "..", "docs")
	for name, text := range want {
		have, err := os.ReadFile(filepath.Join(docs, filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(have, text) {
			t.Errorf("docs/%s is stale: run `go run ./cmd/gendocs`", name)
		}
	}
	pages, err := filepath.Glob(filepath.Join(docs, "man", "*", "*.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		name, err := filepath.Rel(docs, page)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := want[filepath.ToSlash(name)]; !ok {
			t.Errorf("docs/%s is of a command that is no more: run `go run ./cmd/gendocs`", filepath.ToSlash(name))
		}
	}
}

func TestDocumentsAreTheSameEachTime(t *testing.T) {
	first, err := documents()
	if err != nil {
		t.Fatal(err)
	}
	again, err := documents()
	if err != nil {
		t.Fatal(err)
	}
	for name := range first {
		if !bytes.Equal(first[name], again[name]) {
			t.Errorf("%s differs from run to run", name)
		}
	}
}

func TestEveryCommandHasItsManPageInEveryLanguage(t *testing.T) {
	all, err := documents()
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"natsuin", "natsuin-sign", "natsuin-verify", "natsuin-pin-change", "natsuin-practice-issue", "natsuin-doctor"} {
		for _, lang := range []string{"ja", "en"} {
			text := string(all["man/"+lang+"/"+page+".1"])
			if !strings.Contains(text, ".TH "+strings.ToUpper(page)+" 1") {
				t.Errorf("%s in %s: no man page, or without its title:\n%.120s", page, lang, text)
			}
		}
	}
}
