package practice

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// The store is one file, so that a crash cannot leave half of a change. Its
// first line holds the SHA-256 of the rest, which is a state in JSON.
const (
	fileMagic = "natsuin practice store 1 sha256:"
	// maxFile is the size of the largest store that is read, in bytes. Such a
	// store can register more than 25,000 certificates.
	maxFile = 4 << 20
)

// state is the content of the store.
type state struct {
	Generations []generation `json:"generations"` // oldest first
	Card        *cardRecord  `json:"card"`
	Issued      []issued     `json:"issued"`
	CRLNumber   int64        `json:"crl_number"`
	Offices     *offices     `json:"offices,omitempty"`
	TSA         *keyed       `json:"tsa,omitempty"`
}

// keyed is a key (PKCS #8) with its certificate (DER).
type keyed struct {
	Key         []byte `json:"key"`
	Certificate []byte `json:"certificate"`
}

// authority is a root with its OCSP responder, which is certified when it is
// first needed.
type authority struct {
	keyed
	Responder *keyed `json:"responder,omitempty"`
}

// generation is a pair of roots. All generations have the same names.
type generation struct {
	Sign authority `json:"sign"`
	Auth authority `json:"auth"`
}

// cardRecord is the practice card.
type cardRecord struct {
	ID     string     `json:"id"` // identifies the card
	Kind   Kind       `json:"kind"`
	Person person     `json:"person"`
	Sign   slotRecord `json:"sign"`
	Auth   slotRecord `json:"auth"`
}

// slotRecord holds the key, certificate and secret for one of the two uses of
// the card, signing and authentication. Without a key it has no certificate.
type slotRecord struct {
	keyed
	CA       []byte `json:"ca"`
	Secret   string `json:"secret"`
	Tries    int    `json:"tries"`
	MaxTries int    `json:"max_tries"`
}

// issued is the register entry of a person's certificate.
type issued struct {
	Serial  string      `json:"serial"` // hexadecimal
	Issuer  string      `json:"issuer"` // hexadecimal subject key identifier of the root
	Revoked *Revocation `json:"revoked,omitempty"`
}

// encode returns the store file for a state.
func encode(st *state) ([]byte, error) {
	body, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("practice: encode store: %w", err)
	}
	body = append(body, '\n')
	sum := sha256.Sum256(body)
	return append([]byte(fileMagic+hex.EncodeToString(sum[:])+"\n"), body...), nil
}

// decode parses a store file. The error says why raw is not a valid store.
func decode(raw []byte) (*state, error) {
	head, body, ok := bytes.Cut(raw, []byte("\n"))
	sum, magic := bytes.CutPrefix(head, []byte(fileMagic))
	if !ok || !magic {
		return nil, errors.New("the first line is not that of a store")
	}
	if want := sha256.Sum256(body); string(sum) != hex.EncodeToString(want[:]) {
		return nil, errors.New("the checksum is wrong")
	}
	return decodeBody(body)
}

func decodeBody(body []byte) (*state, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var st state
	if err := d.Decode(&st); err != nil {
		return nil, fmt.Errorf("not the JSON of a store: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON")
	}
	return &st, st.check()
}

// check returns an error if a part of the state is missing or a value is out of
// range. It does not parse keys and certificates.
func (st *state) check() error {
	switch {
	case len(st.Generations) == 0 || st.Card == nil:
		return errors.New("no roots or no card")
	case !st.Card.Kind.valid():
		return errors.New("unknown kind of card")
	case st.CRLNumber < 0:
		return errors.New("negative CRL number")
	}
	for _, s := range []slotRecord{st.Card.Sign, st.Card.Auth} {
		if s.MaxTries < 0 || s.MaxTries > 15 || s.Tries < 0 || s.Tries > s.MaxTries {
			return errors.New("impossible count of tries")
		}
		if (s.Key == nil) != (s.Certificate == nil) || len(s.Secret) > 16 {
			return errors.New("half a key or an overlong secret")
		}
	}
	if _, err := st.Card.Person.birth(); err != nil {
		return errors.New("impossible birth date")
	}
	if _, ok := sexes[st.Card.Person.Sex]; !ok {
		return errors.New("unknown sex")
	}
	for _, i := range st.Issued {
		if _, err := serialNumber(i.Serial); err != nil {
			return err
		}
	}
	return nil
}

// load reads the store. It also returns the bytes of the file, with which the
// caller can later detect a change. It needs no lock, because the file is
// always replaced as a whole. If there is no file, the error is [ErrNoCard].
func (s *Store) load() (*state, []byte, error) {
	if s.opts.Dir == "" {
		return nil, nil, ErrNoFolder
	}
	for _, path := range []string{s.opts.Dir, s.path()} {
		if err := notLink(path); err != nil {
			return nil, nil, err
		}
	}
	f, err := os.OpenFile(s.path(), os.O_RDONLY|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, ErrNoCard
	}
	if err != nil {
		return nil, nil, fmt.Errorf("practice: open store: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("practice: read store: %w", err)
	}
	if len(raw) > maxFile {
		return nil, nil, s.damaged(errors.New("it is too large"))
	}
	st, err := decode(raw)
	if err != nil {
		return nil, nil, s.damaged(err)
	}
	return st, raw, nil
}

// write replaces the store: it writes a temporary file, syncs it, renames it,
// and syncs the folder. The temporary name is fixed, so a crash leaves at most
// one such file. A symbolic link with either name is removed or replaced, and
// not followed (O_EXCL, rename). The caller holds the lock.
func (s *Store) write(st *state) (raw []byte, err error) {
	if raw, err = encode(st); err != nil {
		return nil, err
	}
	if len(raw) > maxFile {
		return nil, errors.New("practice: write store: too many certificates were issued: reset it")
	}
	temp := filepath.Join(s.opts.Dir, storeName+".tmp")
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("practice: write store: %w", err)
	}
	if err := writeDurably(temp, raw); err != nil {
		os.Remove(temp)
		return nil, fmt.Errorf("practice: write store: %w", err)
	}
	if err := os.Rename(temp, s.path()); err != nil {
		os.Remove(temp)
		return nil, fmt.Errorf("practice: write store: %w", err)
	}
	if err := syncFolder(s.opts.Dir); err != nil {
		return nil, fmt.Errorf("practice: write store: %w", err)
	}
	return raw, nil
}

// notLink returns a [*LinkError] if path is a symbolic link. On Unix, noFollow
// catches a link that appears after this check.
func notLink(path string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSymlink {
		return &LinkError{path}
	}
	return nil
}

func writeDurably(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolder makes a rename durable. Windows has no such call.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (s *Store) damaged(err error) error {
	return &DamagedError{Path: s.path(), Reason: err.Error()}
}

// certificate parses a certificate in the store.
func (s *Store) certificate(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, s.damaged(fmt.Errorf("a certificate: %w", err))
	}
	return c, nil
}

// key parses a key in the store.
func (s *Store) key(der []byte) (crypto.Signer, error) {
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, s.damaged(fmt.Errorf("a key: %w", err))
	}
	signer, ok := k.(crypto.Signer)
	if !ok {
		return nil, s.damaged(errors.New("a key that cannot sign"))
	}
	return signer, nil
}

// pair parses the key and the certificate of k.
func (s *Store) pair(k keyed) (crypto.Signer, *x509.Certificate, error) {
	key, err := s.key(k.Key)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := s.certificate(k.Certificate)
	return key, certificate, err
}
