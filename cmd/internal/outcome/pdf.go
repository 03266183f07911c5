package outcome

import (
	"fmt"

	"natsuin/cmd/internal/text"
	"natsuin/sign/pdf"
	"natsuin/sign/pdf/seal"
)

// pdfRows are the rows for errors about PDF files and the visible mark. The
// verb adds "Path" if the error is about a file.
var pdfRows = []row{
	as(func(e *pdf.RefusedError) *Error {
		return &Error{Code: CodeUnsuitable, ID: "err.pdf." + string(e.Reason), Reason: string(e.Reason)}
	}),
	as(func(e *pdf.FieldError) *Error {
		return &Error{Code: CodeUsage, ID: "err.pdf.field." + string(e.Problem), Pairs: []any{"Field", text.Escape(e.Field)}}
	}),
	as(func(e *pdf.TooLargeError) *Error {
		return &Error{Code: CodeInternal, ID: "err.pdf.cms-size", Pairs: []any{"Size", e.Size, "Room", e.Room}}
	}),
	as(func(e *pdf.CheckError) *Error {
		return &Error{Code: CodeInvalid, ID: "err.sign.self-check", Pairs: []any{"Check", "pdf"}}
	}),
	as(func(e *seal.PageError) *Error {
		return &Error{Code: CodeUsage, ID: "err.seal.page", Pairs: []any{"Count", e.Count}}
	}),
	as(func(e *seal.OutsideError) *Error {
		return &Error{Code: CodeUsage, ID: "err.seal.outside", Pairs: []any{"Width", millimetres(e.Width), "Height", millimetres(e.Height)}}
	}),
	always[*seal.PositionError](CodeUsage, "err.seal.position"),
	always[*seal.OccupiedError](CodeUsage, "err.seal.occupied"),
	always[*seal.FitError](CodeUsage, "err.seal.fit"),
	as(func(e *seal.GeometryError) *Error {
		return &Error{Code: CodeUnsuitable, ID: "err.pdf.geometry", Reason: "geometry"}
	}),
	as(func(e *seal.MissingGlyphError) *Error {
		return &Error{Code: CodeFile, ID: "err.seal.glyph", Pairs: []any{"Text", text.Escape(string(e.Runes))}}
	}),
	as(func(e *seal.TextError) *Error {
		return &Error{Code: CodeUsage, ID: "err.seal.text", Pairs: []any{"Char", fmt.Sprintf("%U", e.Rune)}}
	}),
	always[*seal.FontError](CodeFile, "err.seal.font-unusable"),
	always[*seal.PictureError](CodeFile, "err.seal.picture-unusable"),
	always[*seal.LimitError](CodeUsage, "err.seal.limit"), // after the errors that may wrap it
}

func millimetres(f float64) string { return fmt.Sprintf("%.0f", f) }
