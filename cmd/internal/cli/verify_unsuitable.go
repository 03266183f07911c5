package cli

import (
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
	"natsuin/verify"
)

// unsuitable reports whether a file is not a signature but something else, and notes what,
// by its content. A file that is named like a signature is left to the verdict if it is
// none of the known kinds, or a time-stamp token, which is one over a time.
func (r *verifyRun) unsuitable(j *judged, in verify.Input, report *verify.Report) bool {
	structure, _ := report.Check(verify.CheckStructure)
	token := report.ContentType == verify.ContentTypeTimestamp && !isSignatureName(j.signature)
	if structure.Result == verify.Passed && !token {
		return false
	}
	kind, err := verify.Sniff(in.Signature, in.Size)
	if err != nil {
		j.err = fileError("err.file.read", j.signature, err)
		return true
	}
	if kind == verify.KindSignature || kind == verify.KindUnknown && isSignatureName(j.signature) {
		return false
	}
	if j.content == impliedContent(j.signature) {
		j.content = "" // nothing was checked against it
	}
	if kind == verify.KindUTF16 {
		j.err = utf16Error(j.signature)
		return true
	}
	next := r.app.t("unsuitable.next."+string(kind), "Path", ui.Escape(j.signature))
	if beside := j.signature + ".p7s"; j.signature != "-" && regular(beside) {
		next = r.app.t("verify.next.beside", "Path", ui.Escape(beside))
	}
	j.err = &i18n.Error{
		Code: i18n.CodeUnsuitable, ID: "err.verify.unsuitable", Reason: string(kind),
		Pairs: []any{"Path", ui.Escape(j.signature), "What", r.app.t("unsuitable.what." + string(kind)), "Next", next},
	}
	return true
}
