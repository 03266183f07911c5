//go:build linux

package main_test

import "natsuin/cmd/internal/pdftest"

// The entries, and how the pages show those that are not echoed.
var (
	password   = [2]string{"パスワード", "password"}
	wrongOne   = [2]string{"違うパスワード", "a wrong password"}
	current    = [2]string{"今のパスワード", "the current password"}
	newOne     = [2]string{"新しいパスワード", "the new password"}
	cardIsLaid = [2]string{"カードを置く", "the card is put there"}
)

// The ends of prompts.
var (
	waiting     = [2]string{"（Ctrl-C で中止）", "(Ctrl-C to stop)"}
	askPassword = [2]string{"署名用パスワード: ", "Signature password: "}
	pasteHere   = [2]string{"Ctrl-D", "Ctrl-D"}
	agreeOrNot  = [2]string{"（はい / いいえ）: ", "(yes / no): "}
)

func types(secret string, shown [2]string) step {
	return step{wait: askPassword, keys: secret + "\r", shown: shown}
}

// pastes pastes a published value in groups of four, and then ends the input.
func pastes(name string) step {
	return step{wait: pasteHere, paste: name, keys: "\r\x04"}
}

var (
	yes = step{wait: agreeOrNot, answer: [2]string{"はい", "yes"}}
	no  = step{wait: agreeOrNot, answer: [2]string{"いいえ", "no"}}
)

// scenes are played in this order, on one stage.
var scenes = []scene{
	{name: "no-service", commands: []command{
		{typed: "natsuin pin status", exit: 5},
		{typed: "natsuin doctor", exit: 5},
	}},
	{name: "no-reader", set: func(st *stage) { st.socket = st.empty.socket }, commands: []command{
		{typed: "natsuin pin status", exit: 130, steps: []step{{wait: waiting, keys: "\x03"}}},
		{typed: "natsuin doctor", exit: 5},
	}},
	{name: "no-card", set: func(st *stage) { st.socket = st.service.socket }, commands: []command{
		{typed: "natsuin pin status", steps: []step{{wait: waiting, do: func(st *stage) { st.service.lay(st.card) }, shown: cardIsLaid}}},
	}},
	{name: "doctor", commands: []command{{typed: "natsuin doctor"}}},
	{name: "sign", set: file("application.txt", "I apply.\n"), commands: []command{
		{typed: "natsuin sign application.txt", steps: []step{yes, types(rightPIN, password)}},
	}},
	{name: "sign-pdf", set: file("annex.pdf", string(pdftest.Sample("annex"))), commands: []command{
		{typed: "natsuin sign --pdf --profile touki annex.pdf", steps: []step{yes, types(rightPIN, password)}},
	}},
	{name: "sign-five", set: func(st *stage) {
		for _, name := range []string{"form1.txt", "form2.txt", "form3.txt", "form4.txt", "form5.txt"} {
			st.write(name, name)
		}
	}, commands: []command{
		{typed: "natsuin sign form?.txt", steps: []step{yes, types(rightPIN, password)}},
	}},
	{name: "wrong", set: all(left(3), file("letter.txt", "A letter.\n")), commands: []command{
		{typed: "natsuin sign letter.txt", exit: 8, steps: []step{
			yes, types("WRONG1", wrongOne), types("WRONG2", wrongOne), no,
		}},
	}},
	{name: "locked", set: left(1), commands: []command{
		{typed: "natsuin sign letter.txt", exit: 7, steps: []step{
			yes, yes, types("WRONG1", wrongOne),
		}},
		{typed: "natsuin pin status"},
		{typed: "natsuin sign letter.txt", exit: 7},
	}},
	{name: "pin-change", set: left(5), commands: []command{
		{typed: "natsuin pin change sign", steps: []step{
			{wait: [2]string{"今の署名用パスワード: ", "Current signature password: "}, keys: rightPIN + "\r", shown: current},
			{wait: [2]string{"新しい署名用パスワード: ", "New signature password: "}, keys: freshPIN + "\r", shown: newOne},
			{wait: [2]string{"もう一度: ", "Repeat the new signature password: "}, keys: freshPIN + "\r", shown: newOne},
		}},
	}},
	{name: "verify-good", commands: []command{
		{typed: "natsuin verify --ca practice application.txt.p7s"},
	}},
	{name: "verify-bad", set: file("application.txt", "I do not apply.\n"), commands: []command{
		{typed: "natsuin verify --ca practice application.txt.p7s", exit: 1},
	}},
	{name: "verify-indeterminate", set: file("application.txt", "I apply.\n"), commands: []command{
		{typed: "natsuin verify application.txt.p7s", exit: 4},
	}},
	{name: "same", commands: []command{
		{typed: "natsuin fingerprint root --compare -", steps: []step{pastes("PUBLISHED")}},
	}},
	{name: "different", commands: []command{
		{typed: "natsuin fingerprint root --compare -", exit: 1, steps: []step{pastes("OTHER")}},
	}},
}
