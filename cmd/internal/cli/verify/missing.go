package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// next returns the message for the next step after a verdict other than VALID.
// It names the missing certificate or file, if there is one.
func (r *run) next(j *judged) string {
	rep := j.report
	switch {
	case rep.Reason == verify.ReasonAttached:
		return r.T("verify.next.attached", "Names", r.attachmentNames(rep))
	case rep.Reason == verify.ReasonNoContent:
		return r.missingContent(j.signature)
	case rep.Reason == verify.ReasonNoAnchor:
		if words := r.missingIssuer(rep); words != "" {
			return words
		}
	case rep.Verdict == verify.Invalid && lineEndsDiffer(rep):
		return r.T("verify.next.line-ends")
	}
	return r.T(nextStep(rep))
}

func (r *run) attachmentNames(rep *verify.Report) string {
	var names []string
	for _, name := range rep.Attachments {
		if name == "" {
			name = r.T("verify.attachment.unnamed")
		}
		names = append(names, text.Escape(name))
	}
	return strings.Join(names, r.T("list.separator"))
}

// lineEndsDiffer reports whether a signer signed the same text with other line
// ends.
func lineEndsDiffer(rep *verify.Report) bool {
	for _, s := range rep.Signers {
		if c, _ := s.Check(verify.CheckMessageDigest); slices.Contains(c.Also, verify.RemarkCRLF) || slices.Contains(c.Also, verify.RemarkLF) {
			return true
		}
	}
	return false
}

// missingIssuer returns the next step if a path does not reach a root, with the
// name of the missing issuer.
func (r *run) missingIssuer(rep *verify.Report) string {
	for _, s := range rep.Signers {
		if s.Reason != verify.ReasonNoAnchor || len(s.Chain) == 0 {
			continue
		}
		last := s.Chain[len(s.Chain)-1]
		issuer := text.Escape(certtext.Name(last.RawIssuer))
		root := bytes.Equal(last.RawIssuer, last.RawSubject)
		switch {
		case root && s.Practice && slices.ContainsFunc(r.policy.Anchors, func(a verify.Anchor) bool { return a.Kind == verify.AnchorPractice }):
			return r.T("verify.next.other-practice")
		case root:
			return r.T("verify.next.root", "Name", issuer)
		case len(r.policy.Anchors) > 0: // a root was given, so an intermediate certificate is missing
			return r.T("verify.next.issuer", "Name", issuer)
		}
		return r.T("verify.next.issuer-or-root", "Name", issuer)
	}
	return ""
}

// missingContent returns a message with the name of the expected file and, if
// the same folder has one, of a file whose name looks the same. That file is
// not used, because it may not be the content.
func (r *run) missingContent(signature string) string {
	name := impliedName(signature)
	if name == "" || signature == "-" {
		return r.T("verify.next.content", "Signature", text.Escape(signature))
	}
	if like := lookalike(name); like != "" {
		return r.T("verify.next.content.like", "Path", text.Escape(name), "Like", text.Escape(like), "Signature", text.Escape(signature))
	}
	return r.T("verify.next.content.beside", "Path", text.Escape(name), "Signature", text.Escape(signature))
}

const maxNeighbours = 10_000 // how many entries of a folder are examined

// lookalike returns the only file in the same folder whose name differs from
// name only in case, in Unicode form, or by the number that a browser adds. It
// returns "" if there is no such file or more than one.
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
