package command_test

import (
	"testing"

	"natsuin/cmd/internal/command"
)

func TestFilePathOfAURL(t *testing.T) {
	for name, want := range map[string]string{
		"file:///home/taro/a.txt": "/home/taro/a.txt",
		"FILE:///a":               "/a",
		"file://localhost/a":      "/a",
		"file:///home/taro/%E7%94%B3%E8%AB%8B%20%E6%9B%B8.pdf": "/home/taro/申請 書.pdf",
		"file:///C:/Users/taro/a.txt":                          "C:/Users/taro/a.txt",
		"file://server/share/a.txt":                            "file://server/share/a.txt",
		"file:///a%zz":                                         "file:///a%zz",
		"file:///a%00b":                                        "file:///a%00b",
		"file:///a?b":                                          "file:///a?b",
		"file:///a#b":                                          "file:///a#b",
		"file://":                                              "file://",
		"file:a.txt":                                           "file:a.txt",
		"a.txt":                                                "a.txt",
		"-":                                                    "-",
		"":                                                     "",
		"https://example.jp/a.txt":                             "https://example.jp/a.txt",
	} {
		if got := command.FilePath(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
