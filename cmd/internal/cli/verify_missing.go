package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"natsuin/cmd/internal/ui"
	"natsuin/verify"
)

// next words what can be done about a verdict that is not VALID. Where something is
// missing, it is named.
func (r *verifyRun) next(j *judged) string {
	a, rep := r.app, j.report
	switch {
	case rep.Reason == verify.ReasonAttached:
		return a.t("verify.next.attached", "Names", r.attachmentNames(rep))
	case rep.Reason == verify.ReasonNoContent:
		return r.missingContent(j.signature)
	case rep.Reason == verify.ReasonNoAnchor:
		if words := r.missingIssuer(rep); words != "" {
			return words
		}
	case rep.Verdict == verify.Invalid && lineEndsDiffer(rep):
		return a.t("verify.next.line-ends")
	}
	return a.t(nextStep(rep))
}

func (r *verifyRun) attachmentNames(rep *verify.Report) string {
	var names []string
	for _, name := range rep.Attachments {
		if name == "" {
			name = r.app.t("verify.attachment.unnamed")
		}
		names = append(names, ui.Escape(name))
	}
	return strings.Join(names, r.app.t("list.separator"))
}

// lineEndsDiffer reports whether a signer signed the content with other line ends.
func lineEndsDiffer(rep *verify.Report) bool {
	for _, s := range rep.Signers {
		if c, _ := s.Check(verify.CheckMessageDigest); slices.Contains(c.Also, verify.RemarkCRLF) || slices.Contains(c.Also, verify.RemarkLF) {
			return true
		}
	}
	return false
}

// missingIssuer names the certificate at which the path to a root ends.
func (r *verifyRun) missingIssuer(rep *verify.Report) string {
	a := r.app
	for _, s := range rep.Signers {
		if s.Reason != verify.ReasonNoAnchor || len(s.Chain) == 0 {
			continue
		}
		last := s.Chain[len(s.Chain)-1]
		issuer := ui.Escape(distinguishedName(last.RawIssuer))
		switch {
		case bytes.Equal(last.RawIssuer, last.RawSubject):
			return a.t("verify.next.root", "Name", issuer)
		case len(r.policy.Anchors) > 0: // a root is there, so a certificate below it lacks
			return a.t("verify.next.issuer", "Name", issuer)
		}
		return a.t("verify.next.issuer-or-root", "Name", issuer)
	}
	return ""
}

// missingContent names the file that was looked for, and one beside it whose name looks
// the same. That one is not taken: it may be another file.
func (r *verifyRun) missingContent(signature string) string {
	a, name := r.app, impliedName(signature)
	if name == "" || signature == "-" {
		return a.t("verify.next.content", "Signature", ui.Escape(signature))
	}
	if like := lookalike(name); like != "" {
		return a.t("verify.next.content.like", "Path", ui.Escape(name), "Like", ui.Escape(like), "Signature", ui.Escape(signature))
	}
	return a.t("verify.next.content.beside", "Path", ui.Escape(name), "Signature", ui.Escape(signature))
}

const maxNeighbours = 10_000 // entries of a folder that are looked at

// lookalike returns the only file in the folder of name whose own name is the same but
// for case, Unicode form, or the number that a browser adds; "" if there is none.
func lookalike(name string) string {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return ""
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxNeighbours)
	found, want := "", folded(filepath.Base(name))
	for _, e := range entries {
		if !e.Type().IsRegular() || folded(e.Name()) != want {
			continue
		}
		if found != "" {
			return ""
		}
		found = filepath.Join(filepath.Dir(name), e.Name())
	}
	return found
}

var copyNumber = regexp.MustCompile(` \([0-9]{1,3}\)(\.[^.]*)?$`)

func folded(name string) string {
	return copyNumber.ReplaceAllString(strings.ToLower(norm.NFC.String(name)), "$1")
}
