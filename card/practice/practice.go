// Package practice is a JPKI card for rehearsal, kept in a folder, with the town hall
// that looks after it: issue, unlock, revoke, renew, CRL, OCSP, and an official whose
// letters can be checked. Keys and certification authorities are made on first use.
//
// Nothing it makes has any legal effect or proves who anyone is. Each certificate says
// 練習用 / PRACTICE and carries one critical policy, by which a verifier knows it. Its
// passwords are no secrets: they stand in the store as they are, and are shown.
//
// The card's behaviour is that of package virtual (docs/card.md §1 to §6 of the project);
// certificates and CRLs follow RFC 5280, the OCSP responder RFC 6960.
package practice

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"natsuin/card/virtual"
)

// Options says where the practice card is kept. Dir is needed; the rest may be zero.
type Options struct {
	// Dir is the folder of the store, made with mode 0700 when something is kept.
	Dir string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand is the source of serial numbers; nil means crypto/rand. Keys always come
	// from crypto/rand.
	Rand io.Reader
	// Making, if not nil, is called before the keys of a first use are made, which
	// takes a second or two.
	Making func()
	// Wait is how long another process may hold the card; zero means 3 seconds.
	Wait time.Duration
	// Card is how the card behaves where sources disagree; State and Save are ours.
	Card virtual.Options
}

// A Store is the folder of a practice card.
type Store struct{ opts Options }

// Open returns the store of a folder. It reads and makes nothing yet.
func Open(o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Wait == 0 {
		o.Wait = 3 * time.Second
	}
	return &Store{opts: o}
}

const (
	storeName = "practice.store"
	lockName  = "practice.lock"
)

func (s *Store) path() string { return filepath.Join(s.opts.Dir, storeName) }

// now is the time in whole seconds, which is all that certificates hold.
func (s *Store) now() time.Time { return s.opts.Now().UTC().Truncate(time.Second) }

// lock makes the folder and takes the store for this process. The error is ErrBusy
// when another holds it for longer than Options.Wait.
func (s *Store) lock(ctx context.Context) (*flock.Flock, error) {
	if s.opts.Dir == "" {
		return nil, ErrNoFolder
	}
	if err := notLink(s.opts.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("practice: make folder: %w", err)
	}
	if info, err := os.Lstat(s.opts.Dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(s.opts.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("practice: protect folder: %w", err)
		}
	}
	path := filepath.Join(s.opts.Dir, lockName)
	if err := notLink(path); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDONLY|noFollow), flock.SetPermissions(0o600))
	wait, cancel := context.WithTimeout(ctx, s.opts.Wait)
	defer cancel()
	switch ok, err := lock.TryLockContext(wait, 20*time.Millisecond); {
	case ok:
		return lock, nil
	case ctx.Err() != nil:
		lock.Close()
		return nil, context.Cause(ctx)
	case err == nil || errors.Is(err, context.DeadlineExceeded):
		lock.Close()
		return nil, ErrBusy
	default:
		lock.Close()
		return nil, fmt.Errorf("practice: lock: %w", err)
	}
}

// change changes the store under the lock; everything is on disk when it returns
// without an error. Where there is no store yet, the state is empty.
func (s *Store) change(change func(*state) error) error {
	lock, err := s.lock(context.Background())
	if err != nil {
		return err
	}
	defer lock.Close()
	b, _, err := s.load()
	if errors.Is(err, ErrNoCard) {
		b, err = &state{}, nil
	}
	if err != nil {
		return err
	}
	if err := change(b); err != nil {
		return err
	}
	_, err = s.write(b)
	return err
}

// update is change of a store that has a card: the default one if need be.
func (s *Store) update(change func(*state) error) error {
	return s.change(func(b *state) error {
		if b.Card == nil {
			if err := s.issue(b, IssueOptions{}); err != nil {
				return err
			}
		}
		return change(b)
	})
}

// loadOrMake reads the store, or makes the default card where there is none. The
// lock is held.
func (s *Store) loadOrMake() (*state, []byte, error) {
	b, raw, err := s.load()
	if !errors.Is(err, ErrNoCard) {
		return b, raw, err
	}
	b = &state{}
	if err := s.issue(b, IssueOptions{}); err != nil {
		return nil, nil, err
	}
	raw, err = s.write(b)
	return b, raw, err
}

// Reset throws the practice card away, with its authorities and everything that
// they issued, and makes a new one. It is the way out of a damaged store.
func (s *Store) Reset() error {
	lock, err := s.lock(context.Background())
	if err != nil {
		return err
	}
	defer lock.Close()
	b := &state{}
	if err := s.issue(b, IssueOptions{}); err != nil {
		return err
	}
	_, err = s.write(b)
	return err
}

// Roots returns the practice roots of every generation, the signature roots apart from the
// authentication roots: a signature under one of the latter says less (docs/verify.md). It
// makes nothing: the error is ErrNoCard when there is no card yet.
func (s *Store) Roots() (signature, authentication []*x509.Certificate, err error) {
	b, _, err := s.load()
	if err != nil {
		return nil, nil, err
	}
	for i := range b.Generations {
		root, err := s.certificate(b.Generations[i].Sign.Certificate)
		if err != nil {
			return nil, nil, err
		}
		signature = append(signature, root)
		if root, err = s.certificate(b.Generations[i].Auth.Certificate); err != nil {
			return nil, nil, err
		}
		authentication = append(authentication, root)
	}
	return signature, authentication, nil
}
