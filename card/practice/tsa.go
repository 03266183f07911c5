package practice

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
)

const (
	maxTSARequest = 16 << 10
	tsaYears      = 10 // longer than the certificates of a current card are valid
)

// TSA returns a time-stamp authority for practice, over HTTP (RFC 3161 §3.4).
// Its certificate is issued by a practice signature root, for time stamps
// alone, and its tokens have the practice policy. It does not listen on a port.
func (s *Store) TSA() (http.Handler, error) {
	var by issuer
	err := s.update(func(st *state) error {
		if err := s.appointTSA(st); err != nil {
			return err
		}
		var err error
		by, err = s.issuer(*st.TSA)
		return err
	})
	if err != nil {
		return nil, err
	}
	return tsa{store: s, issuer: by}, nil
}

// appointTSA issues the certificate of the authority (RFC 3161 §2.3) if there
// is none, or if it ends within a day.
func (s *Store) appointTSA(st *state) error {
	if st.TSA != nil {
		certificate, err := s.certificate(st.TSA.Certificate)
		if err != nil || s.now().AddDate(0, 0, 1).Before(certificate.NotAfter) {
			return err
		}
	}
	from, until := s.now(), s.now().AddDate(tsaYears, 0, 0)
	roots, err := s.generationFor(st, until)
	if err != nil {
		return err
	}
	root, err := s.issuer(roots.Sign.keyed)
	if err != nil {
		return err
	}
	keys, err := newKeys(p256)
	if err != nil {
		return err
	}
	only, err := onlyTimeStamps()
	if err != nil {
		return err
	}
	made, err := s.certify(root, request{
		subject: authorityName("PRACTICE time-stamp authority"), key: keys[0], notBefore: from, notAfter: until,
		usage:      x509.KeyUsageDigitalSignature,
		extensions: []pkix.Extension{policies(), only},
	})
	if err != nil {
		return err
	}
	certificate, err := s.certificate(made.Certificate)
	if err != nil {
		return err
	}
	st.TSA = &made
	st.Issued = append(st.Issued, issued{
		Serial: certificate.SerialNumber.Text(16),
		Issuer: hex.EncodeToString(certificate.AuthorityKeyId),
	})
	return nil
}

// onlyTimeStamps returns a critical extendedKeyUsage of timeStamping alone,
// which crypto/x509 does not create as critical.
func onlyTimeStamps() (pkix.Extension, error) {
	value, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: value}, err
}

type tsa struct {
	store *Store
	issuer
}

func (t tsa) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTSARequest))
	if err != nil {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	// A write error means that the client has gone; there is nothing left to
	// do.
	_, _ = w.Write(t.answer(body))
}

// answer returns the whole TimeStampResp.
func (t tsa) answer(der []byte) []byte {
	asked, err := parseTSARequest(der)
	var rejected tsaRejection
	if errors.As(err, &rejected) {
		return rejected.encode()
	}
	serial, err := t.store.serial()
	if err != nil {
		return tsaSystemFailure.encode()
	}
	token, err := t.token(asked, serial, t.store.now())
	if err != nil {
		return tsaSystemFailure.encode()
	}
	return granted(token)
}
