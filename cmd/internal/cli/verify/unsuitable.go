package verify

import (
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// unsuitable reports whether the content of a file shows that it is not a
// signature, and then sets j.err. A file of unknown kind counts as a signature
// if it has the name of one, and so does a time-stamp token, which is a
// signature over a time.
func (r *run) unsuitable(j *judged, in verify.Input, report *verify.Report) bool {
	structure, _ := report.Check(verify.CheckStructure)
	token := report.ContentType == verify.ContentTypeTimestamp && !isSignatureName(j.signature)
	if structure.Result == verify.Passed && !token {
		return false
	}
	kind, err := verify.Sniff(in.Signature, in.Size)
	if err != nil {
		j.err = outcome.File("err.file.read", j.signature, err)
		return true
	}
	if kind == verify.KindSignature || kind == verify.KindUnknown && isSignatureName(j.signature) {
		return false
	}
	if j.content == impliedContent(j.signature) {
		j.content = "" // the content was not checked
	}
	if kind == verify.KindUTF16 {
		j.err = infile.UTF16(j.signature)
		return true
	}
	next := r.T("unsuitable.next."+string(kind), "Path", text.Escape(j.signature))
	if beside := j.signature + detachedExt; j.signature != "-" && regular(beside) {
		next = r.T("verify.next.beside", "Path", text.Escape(beside))
	}
	j.err = &outcome.Error{
		Code: outcome.CodeUnsuitable, ID: "err.verify.unsuitable", Reason: string(kind),
		Pairs: []any{"Path", text.Escape(j.signature), "What", r.T("unsuitable.what." + string(kind)), "Next", next},
	}
	return true
}
