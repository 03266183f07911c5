package pdf

import (
	"errors"

	"natsuin/sign/pdf/syntax"
)

// Limits for the streams read from a /DSS.
const (
	maxStored      = 256     // streams of each kind
	maxStoredBytes = 8 << 20 // bytes of all
)

// Stored are the contents of a document security store (ISO 32000-2 §12.8.4.3),
// in DER.
type Stored struct {
	Certificates, CRLs, OCSP [][]byte
}

// Stored returns the contents of the /DSS of the file that can be read, within
// the limits. They need not be covered by a signature.
func (f *File) Stored() (Stored, error) {
	var out Stored
	root, err := catalog(f.File)
	if err != nil {
		return out, err
	}
	store, err := dict(f.File, root.Get("DSS"))
	if err != nil || store == nil {
		return out, err
	}
	left := maxStoredBytes
	for _, part := range []struct {
		key  syntax.Name
		into *[][]byte
	}{{"Certs", &out.Certificates}, {"CRLs", &out.CRLs}, {"OCSPs", &out.OCSP}} {
		list, err := array(f.File, store.Get(part.key))
		if err != nil {
			return out, err
		}
		for _, e := range list[:min(len(list), maxStored)] {
			o, err := f.Resolve(e.Value)
			if err != nil {
				return out, err
			}
			s, ok := o.(*syntax.Stream)
			if !ok {
				continue
			}
			data, err := f.Decode(s)
			if limit := (*syntax.LimitError)(nil); errors.As(err, &limit) {
				return out, err
			}
			if left -= len(data); err == nil && left >= 0 {
				*part.into = append(*part.into, data)
			}
		}
	}
	return out, nil
}
