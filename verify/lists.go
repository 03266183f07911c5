package verify

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"

	"natsuin/verify/internal/revocation"
)

// ErrNoLists is returned for bytes that hold no revocation list.
var ErrNoLists = errors.New("read revocation lists: none found")

// ReadLists returns the lists in a file, as Policy.CRLs takes them: one DER
// CertificateList (RFC 5280 §5.1), or any number of PEM X509 CRL blocks among
// others. It only checks the form; signer, scope and dates are checked where a
// list is used. The error is [ErrNoLists], or says which list cannot be parsed.
func ReadLists(b []byte) ([][]byte, error) {
	lists := decodeCRLs(trimBOM(b))
	if len(lists) == 0 {
		return nil, ErrNoLists
	}
	for i, der := range lists {
		if _, err := revocation.ParseCRL(der); err != nil {
			return nil, fmt.Errorf("read revocation list %d: %w", i+1, err)
		}
	}
	return lists, nil
}

// decodeCRLs returns the contents of the PEM blocks in a file, or else the file
// itself.
func decodeCRLs(b []byte) [][]byte {
	if !bytes.Contains(b, []byte("-----BEGIN ")) || b[0] == 0x30 {
		return [][]byte{b}
	}
	var lists [][]byte
	for {
		block, rest := pem.Decode(b)
		if block == nil {
			return lists
		}
		if block.Type == "X509 CRL" || block.Type == "CRL" {
			lists = append(lists, block.Bytes)
		}
		b = rest
	}
}
