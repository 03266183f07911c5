package cms

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// A SignerInfo holds the parts of a DER SignerInfo that are needed to add
// unsigned attributes to it.
type SignerInfo struct {
	// Hash is that of the digest algorithm; 0 for one that is not SHA-2.
	Hash crypto.Hash
	// Value is the signature, without the header of its OCTET STRING.
	Value []byte

	fixed    []byte   // all fields before the unsigned attributes
	unsigned [][]byte // each attribute
}

// parseSigners parses the contents of a SET OF SignerInfo.
func parseSigners(raw []byte) ([]SignerInfo, error) {
	in := cryptobyte.String(raw)
	var list []SignerInfo
	for !in.Empty() {
		var one cryptobyte.String
		if !in.ReadASN1(&one, der.SEQUENCE) {
			return nil, &SyntaxError{"a signer is not in DER"}
		}
		s, err := parseSigner(one)
		if err != nil {
			return nil, err
		}
		if list = append(list, s); len(list) > maxSigners {
			return nil, &SyntaxError{"number of signers"}
		}
	}
	if len(list) == 0 {
		return nil, &SyntaxError{"no signers"}
	}
	return list, nil
}

func parseSigner(one cryptobyte.String) (s SignerInfo, err error) {
	whole := one
	var digest, value, unsigned cryptobyte.String
	var id asn1.ObjectIdentifier
	ski, context0 := der.Tag(0).ContextSpecific(), der.Tag(0).ContextSpecific().Constructed()
	if !one.SkipASN1(der.INTEGER) || !one.SkipOptionalASN1(ski) ||
		!one.ReadASN1(&digest, der.SEQUENCE) {
		return s, &SyntaxError{"a signer is not in DER"}
	}
	if !bytes.HasPrefix(digest, []byte{byte(der.OBJECT_IDENTIFIER)}) { // issuerAndSerialNumber came first
		if !one.ReadASN1(&digest, der.SEQUENCE) {
			return s, &SyntaxError{"a signer is not in DER"}
		}
	}
	var some bool
	if !digest.ReadASN1ObjectIdentifier(&id) || !one.SkipOptionalASN1(context0) || !one.SkipASN1(der.SEQUENCE) ||
		!one.ReadASN1(&value, der.OCTET_STRING) {
		return s, &SyntaxError{"a signer is not in DER"}
	}
	s.fixed, s.Value = whole[:len(whole)-len(one)], value
	if !one.ReadOptionalASN1(&unsigned, &some, der.Tag(1).ContextSpecific().Constructed()) || !one.Empty() || some && unsigned.Empty() {
		return s, &SyntaxError{"a signer is not in DER"}
	}
	for !unsigned.Empty() {
		var attribute cryptobyte.String
		if !unsigned.ReadASN1Element(&attribute, der.SEQUENCE) {
			return s, &SyntaxError{"a signer is not in DER"}
		}
		s.unsigned = append(s.unsigned, attribute)
	}
	for h, row := range algorithms {
		if row.digest.Equal(id) {
			s.Hash = h
		}
	}
	return s, nil
}

// HasUnsigned reports whether there is an unsigned attribute of this type.
func (s SignerInfo) HasUnsigned(kind asn1.ObjectIdentifier) bool {
	id := encodedOID(kind)
	return slices.ContainsFunc(s.unsigned, func(raw []byte) bool {
		a := cryptobyte.String(raw)
		return a.ReadASN1(&a, der.SEQUENCE) && bytes.HasPrefix(a, id)
	})
}

// WithUnsigned returns the SignerInfo with one more unsigned attribute, of one
// value (RFC 5652 §11, §5.3).
func (s SignerInfo) WithUnsigned(kind asn1.ObjectIdentifier, value []byte) SignerInfo {
	s.unsigned = append(slices.Clip(s.unsigned), wrap(tagSequence, encodedOID(kind), wrap(tagSet, value)))
	return s
}

// encode returns the SignerInfo, its unsigned attributes in the order of a DER
// SET OF.
func (s SignerInfo) encode() []byte {
	if len(s.unsigned) == 0 {
		return wrap(tagSequence, s.fixed)
	}
	return wrap(tagSequence, s.fixed, wrap(tagContext1, inOrder(s.unsigned)))
}

// encodeSigners returns the contents of a DER SET OF SignerInfo.
func encodeSigners(signers []SignerInfo) []byte {
	list := make([][]byte, len(signers))
	for i, s := range signers {
		list[i] = s.encode()
	}
	return inOrder(list)
}

// inOrder returns the contents of a DER SET OF with these elements (X.690
// §11.6).
func inOrder(list [][]byte) []byte {
	list = slices.Clone(list)
	slices.SortFunc(list, bytes.Compare)
	return slices.Concat(list...)
}

// Stamped returns the data with one more unsigned attribute of its signer.
func (sd *SignedData) Stamped(kind asn1.ObjectIdentifier, value []byte) (*SignedData, error) {
	signers, err := parseSigners(sd.infos)
	if err != nil {
		return nil, err
	}
	for i := range signers {
		signers[i] = signers[i].WithUnsigned(kind, value)
	}
	out := *sd
	out.infos = encodeSigners(signers)
	return &out, nil
}

// Pieces is a message whose middle part is read from another message.
type Pieces struct {
	front  []byte
	middle *io.SectionReader
	back   []byte
}

// Size returns the length in octets.
func (p *Pieces) Size() int64 { return int64(len(p.front)) + p.middle.Size() + int64(len(p.back)) }

// ReadAt implements [io.ReaderAt].
func (p *Pieces) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, io.ErrUnexpectedEOF
	}
	for _, part := range []struct {
		io.ReaderAt
		size int64
	}{
		{bytes.NewReader(p.front), int64(len(p.front))}, {p.middle, p.middle.Size()}, {bytes.NewReader(p.back), int64(len(p.back))},
	} {
		if off < part.size && n < len(b) {
			want := min(int64(len(b)-n), part.size-off)
			m, err := part.ReadAt(b[n:n+int(want)], off)
			n, off = n+m, off+int64(m)
			if int64(m) < want {
				return n, err
			}
		}
		off -= part.size
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
