package pdf_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"testing"

	"natsuin/sign/pdf"
	"natsuin/sign/pdf/seal"
)

// FuzzUpdate makes the whole update of any file: the file is refused before
// there is a key, or the result passes its check, keeps the original and holds
// one signature more. The same then holds for the result.
func FuzzUpdate(f *testing.F) {
	for _, in := range samples() {
		f.Add(in, "approval", "reason", uint8(0))
		f.Add(in, "", "", uint8(7))
		f.Add(in, "", "", uint8(16))
	}
	for _, k := range kinds {
		once, err := trySign(minimal(k).bytes(), pdf.Options{}, details)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(once, "Natsuin1", "理由", uint8(1))
		f.Add(minimal(k, part("1")).bytes(), "a.b", ")(", uint8(2))
	}
	f.Add(signedWith("/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 2 >> >>]", "/Lock << /Action /Exclude /Fields [(second)] >>", "/Perms << /DocMDP 30 0 R >>"), "second", "", uint8(4))
	f.Add(minimal(table, withFields("<< /FT /Sig /T (approval) /SV << /Ff 71 /V 1 /DigestMethod [(SHA256)] /SubFilter [/adbe.pkcs7.detached] /Filter /Adobe.PPKLite >> /Lock << /Action /All >> >>")).bytes(), "approval", "x", uint8(0))
	f.Fuzz(updateTwice)
}

// FuzzObjects does what FuzzUpdate does, with files whose cross references are
// right whatever their objects are.
func FuzzObjects(f *testing.F) {
	catalog := "<< /Type /Catalog /Pages 2 0 R /AcroForm 19 0 R /Perms << /DocMDP 30 0 R >> /Metadata 4 0 R >>"
	f.Add(uint8(0), catalog, "<< /Type /Pages /Kids [3 0 R] /Count 1 /Rotate 90 >>", "<< /Type /Page /MediaBox [0 0 9 9] /Annots 31 0 R >>",
		"<< /Fields 30 0 R /SigFlags 31 0 R /DA () >>", "<< /FT /Sig /T (a) /Kids [21 0 R] /Lock << /Action /All >> >>", "<< /Rect [0 0 9 9] >>", "[20 0 R]", "1", "a", uint8(0))
	f.Add(uint8(2), "<< /Pages 2 0 R /AcroForm << /Fields [20 0 R] >> >>", "<< /Kids [3 0 R 3 0 R] /MediaBox 30 0 R /CropBox [1 2 3 4] >>", "<< /Annots [20 0 R] /UserUnit 2 >>",
		"null", "<< /FT /Tx /T (b) /Kids [21 0 R] >>", "<< /T (c) /FT 31 0 R /V null /SV << /Ff 2 /SubFilter [/ETSI.CAdES.detached] >> >>", "[0 0 900 900]", "/Sig", "b.c", uint8(8))
	f.Add(uint8(3), "<< /Pages 2 0 R /AcroForm 1 0 R /Fields 2 0 R >>", "[3 0 R]", "<< >>", "<< /V 30 0 R >>", "<< /FT /Sig /V 30 0 R >>", "(x)",
		"<< /Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(x)] >> >>] >>", "3", "", uint8(6))
	f.Fuzz(func(t *testing.T, k uint8, catalog, pages, page, form, field, kid, other, more, name string, bits uint8) {
		changes := map[int]string{1: catalog, 2: pages, 3: page, 19: form, 20: field, 21: kid, 30: other, 31: more}
		updateTwice(t, minimal(kinds[int(k)%len(kinds)], changes).bytes(), name, more, bits)
	})
}

// updateTwice makes the update of a file, and that of the result.
func updateTwice(t *testing.T, in []byte, field, reason string, bits uint8) {
	if len(in) > 1<<16 {
		t.Skip()
	}
	o := pdf.Options{Field: field, TimeStamp: bits&1 != 0, Mark: bits&2 != 0}
	if bits&4 != 0 {
		o.Visible, o.VisibleWidth, o.VisibleHeight = position(t, "last:bottom-right"), 30, 10
	}
	if bits&8 != 0 {
		o.SubFilter = pdf.ETSICAdESDetached
	}
	if bits&16 != 0 {
		o = documentTimeStamp
	}
	for range 2 {
		d, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
		if err != nil {
			wantRefusal(t, err)
			return
		}
		d.Warnings()
		before, more := d.Signatures(), 1
		if bits&16 != 0 {
			more = 0
		}
		plan, err := d.Plan(o)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if err := plan.Digest(context.Background(), bytes.NewReader(in), crypto.SHA256); err != nil {
			t.Fatal(err)
		}
		with := pdf.Details{Hash: crypto.SHA256, Reason: reason, Name: field, Time: signingTime}
		if bits&16 != 0 {
			with = pdf.Details{Hash: crypto.SHA256}
		}
		if width, height, ok := plan.Box(); ok {
			if with.Mark, err = seal.Draw(nil, seal.Content{Picture: picture(t, false), PictureOnly: true}, width, height); err != nil {
				return
			}
		}
		pending, err := plan.Prepare(with)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		contents := bytes.Repeat([]byte{0x30}, pending.Room())
		if bits&16 != 0 {
			if contents, err = token(imprintOf(pending)); err != nil {
				t.Fatal(err)
			}
		}
		out, err := finish(in, pending, contents)
		if err != nil {
			t.Fatalf("after the plan: %v", err)
		}
		if !bytes.HasPrefix(out, in) {
			t.Fatal("the original has changed")
		}
		again, err := pdf.Open(bytes.NewReader(out), int64(len(out)))
		if err != nil || again.Signatures() != before+more {
			t.Fatalf("%d signatures before: %v", before, err)
		}
		in, o.Field = out, ""
	}
}

// wantRefusal requires one of the errors that are documented.
func wantRefusal(t *testing.T, err error) {
	t.Helper()
	var (
		refused  *pdf.RefusedError
		field    *pdf.FieldError
		page     *seal.PageError
		outside  *seal.OutsideError
		occupied *seal.OccupiedError
		geometry *seal.GeometryError
	)
	if !errors.As(err, &refused) && !errors.As(err, &field) && !errors.As(err, &page) && !errors.As(err, &outside) &&
		!errors.As(err, &occupied) && !errors.As(err, &geometry) {
		t.Fatalf("an error of another type: %v", err)
	}
}
