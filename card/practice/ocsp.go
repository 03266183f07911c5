package practice

import (
	"bytes"
	"crypto"
	"crypto/rand"
	_ "crypto/sha1" // for a CertID (RFC 6960 §4.1.1)
	"crypto/sha256"
	_ "crypto/sha512" // for a CertID
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"
)

const (
	maxOCSPRequest = 16 << 10
	ocspHours      = 12 // from thisUpdate to nextUpdate
	responderYears = 3
)

// OCSP returns a responder for the certificates of every generation, for GET
// and POST (RFC 6960 appendix A.1). It reads the store for each request, so
// that a revocation takes effect at once, and signs as a delegated responder of
// the authority that the request names. It does not listen on a port.
func (s *Store) OCSP() (http.Handler, error) {
	err := s.update(func(st *state) error {
		for i := range st.Generations {
			g := &st.Generations[i]
			for use, a := range map[string]*authority{"digital signature": &g.Sign, "user authentication": &g.Auth} {
				if err := s.appointResponder(a, use); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return responder{store: s}, nil
}

// appointResponder issues the certificate of the delegated responder (RFC 6960
// §4.2.2.2) if there is none yet, or if it ends within a day.
func (s *Store) appointResponder(a *authority, use string) error {
	if a.Responder != nil {
		certificate, err := s.certificate(a.Responder.Certificate)
		if err != nil || s.now().AddDate(0, 0, 1).Before(certificate.NotAfter) {
			return err
		}
	}
	by, err := s.issuer(a.keyed)
	if err != nil {
		return err
	}
	keys, err := newKeys(p256)
	if err != nil {
		return err
	}
	made, err := s.certify(by, request{
		subject:    authorityName("PRACTICE OCSP responder for " + use),
		key:        keys[0],
		notBefore:  s.now(),
		notAfter:   s.now().AddDate(responderYears, 0, 0),
		usage:      x509.KeyUsageDigitalSignature,
		purposes:   []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		extensions: []pkix.Extension{policies(), noCheck()},
	})
	a.Responder = &made
	return err
}

type responder struct{ store *Store }

func (r responder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var der []byte
	switch request.Method {
	case http.MethodPost:
		body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxOCSPRequest))
		if err != nil {
			http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
			return
		}
		der = body
	case http.MethodGet:
		path, err := url.PathUnescape(strings.TrimPrefix(request.URL.EscapedPath(), "/"))
		if err == nil && len(path) <= maxOCSPRequest {
			// For invalid base64, der is the part before the error.
			der, _ = base64.StdEncoding.DecodeString(path)
		}
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/ocsp-response")
	// A write error means that the client has gone, so nothing more can be
	// done.
	_, _ = w.Write(r.answer(der))
}

// answer returns the whole OCSPResponse. For a failure it is one of the error
// responses of RFC 6960 §2.3.
func (r responder) answer(der []byte) []byte {
	asked, err := parseOCSPRequest(der)
	if err != nil {
		return ocsp.MalformedRequestErrorResponse
	}
	st, _, err := r.store.load()
	if err != nil {
		return ocsp.InternalErrorErrorResponse
	}
	authority, by := r.authorityOf(st, asked)
	switch {
	case authority == nil:
		return ocsp.UnauthorizedErrorResponse
	case authority.Responder == nil: // the generation is newer than this responder
		return ocsp.TryLaterErrorResponse
	}
	signer, err := r.store.issuer(*authority.Responder)
	if err != nil {
		return ocsp.InternalErrorErrorResponse
	}
	answer, err := r.sign(st, asked, by, signer)
	if err != nil {
		return ocsp.InternalErrorErrorResponse
	}
	return answer
}

// authorityOf returns the authority, with its certificate, that the first
// CertID with a known authority names.
func (r responder) authorityOf(st *state, asked *ocspRequest) (*authority, *x509.Certificate) {
	for _, id := range asked.ids {
		for i := range st.Generations {
			for _, a := range []*authority{&st.Generations[i].Sign, &st.Generations[i].Auth} {
				certificate, err := r.store.certificate(a.Certificate)
				if err == nil && id.names(certificate) {
					return a, certificate
				}
			}
		}
	}
	return nil, nil
}

// names reports whether the CertID names this issuer.
func (id certID) names(by *x509.Certificate) bool {
	if !id.hash.Available() {
		return false
	}
	bits, err := publicKeyBits(by.PublicKey)
	if err != nil {
		return false
	}
	sum := func(b []byte) []byte {
		h := id.hash.New()
		h.Write(b)
		return h.Sum(nil)
	}
	return bytes.Equal(id.nameHash, sum(by.RawSubject)) && bytes.Equal(id.keyHash, sum(bits))
}

// sign returns an OCSPResponse with a BasicOCSPResponse (RFC 6960 §4.2.1). It
// encodes the response itself, because x/crypto/ocsp supports neither
// responseExtensions, which the nonce needs, nor several answers.
func (r responder) sign(st *state, asked *ocspRequest, by *x509.Certificate, signer issuer) ([]byte, error) {
	now := r.store.now()
	var data cryptobyte.Builder
	data.AddASN1(cbasn1.SEQUENCE, func(d *cryptobyte.Builder) { // ResponseData
		constructed(d, 1, func(d *cryptobyte.Builder) { d.AddBytes(signer.certificate.RawSubject) })
		d.AddASN1GeneralizedTime(now)
		d.AddASN1(cbasn1.SEQUENCE, func(d *cryptobyte.Builder) {
			for _, id := range asked.ids {
				addSingleResponse(d, st, id, by, now)
			}
		})
		if asked.nonce != nil {
			constructed(d, 1, func(d *cryptobyte.Builder) {
				d.AddASN1(cbasn1.SEQUENCE, func(d *cryptobyte.Builder) { d.AddBytes(asked.nonce) })
			})
		}
	})
	tbs, err := data.Bytes()
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(tbs)
	signature, err := signer.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var out cryptobyte.Builder
	out.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) { // OCSPResponse
		o.AddASN1Enum(int64(ocsp.Success))
		constructed(o, 0, func(o *cryptobyte.Builder) {
			o.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) { // ResponseBytes
				o.AddASN1ObjectIdentifier(idBasicResponse)
				o.AddASN1(cbasn1.OCTET_STRING, func(o *cryptobyte.Builder) {
					o.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) { // BasicOCSPResponse
						o.AddBytes(tbs)
						o.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) { o.AddASN1ObjectIdentifier(idECDSAWithSHA256) })
						o.AddASN1BitString(signature)
						constructed(o, 0, func(o *cryptobyte.Builder) {
							o.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) { o.AddBytes(signer.certificate.Raw) })
						})
					})
				})
			})
		})
	})
	return out.Bytes()
}

// addSingleResponse adds the status: good, revoked or unknown. A serial number
// that is not in the register of the authority is unknown.
func addSingleResponse(d *cryptobyte.Builder, st *state, id certID, by *x509.Certificate, now time.Time) {
	var entry *issued
	if id.names(by) {
		entry = st.find(hex.EncodeToString(by.SubjectKeyId), id.serial)
	}
	d.AddASN1(cbasn1.SEQUENCE, func(d *cryptobyte.Builder) {
		d.AddBytes(id.raw)
		switch {
		case entry == nil:
			d.AddASN1(cbasn1.Tag(2).ContextSpecific(), func(*cryptobyte.Builder) {})
		case entry.Revoked == nil:
			d.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(*cryptobyte.Builder) {})
		default:
			constructed(d, 1, func(d *cryptobyte.Builder) {
				d.AddASN1GeneralizedTime(entry.Revoked.At)
				if entry.Revoked.Code != 0 {
					constructed(d, 0, func(d *cryptobyte.Builder) { d.AddASN1Enum(int64(entry.Revoked.Code)) })
				}
			})
		}
		d.AddASN1GeneralizedTime(now)
		constructed(d, 0, func(d *cryptobyte.Builder) { d.AddASN1GeneralizedTime(now.Add(ocspHours * time.Hour)) })
	})
}
