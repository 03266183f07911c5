// Package practice implements a JPKI card for practice, stored in a folder,
// with the services of a town hall: issue, unlock, revoke, renew, CRL, OCSP, an
// official whose signed letters can be verified, and a time-stamp authority.
// Keys and certification authorities are generated on first use.
//
// Nothing that it creates has any legal effect or proves anyone's identity.
// Each certificate contains 練習用 / PRACTICE and a critical policy by which a
// verifier recognises it. The passwords are not secret: the store holds them in
// the clear, and [Store.Show] returns them.
//
// The card behaves like that of package virtual (docs/card.md §1 to §6).
// Certificates and CRLs follow RFC 5280, the OCSP responder follows RFC 6960,
// and the time-stamp authority RFC 3161.
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

// Options determines where the practice card is stored and how it behaves. Dir
// is required; the rest may be zero.
type Options struct {
	// Dir is the folder of the store. It is created with mode 0700 when
	// something is stored.
	Dir string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand is the source of serial numbers; nil means [crypto/rand.Reader].
	// Keys are always generated from crypto/rand.
	Rand io.Reader
	// Making, if not nil, is called before keys are generated on first use,
	// which takes a second or two.
	Making func()
	// Wait is how long to wait for another process that holds the card; zero
	// means 3 seconds.
	Wait time.Duration
	// Card selects how the card behaves where sources disagree. Its State and
	// Save are ignored.
	Card virtual.Options
}

// A Store is the folder of a practice card, with the services of the town hall.
type Store struct{ opts Options }

// Open returns the store in a folder. It does not read or create anything yet.
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

// now returns the time in whole seconds, which is the precision of
// certificates.
func (s *Store) now() time.Time { return s.opts.Now().UTC().Truncate(time.Second) }

// lock creates the folder, denies other users access to it, and locks the
// store. The error is [ErrBusy] if another process or Conn holds the lock for
// longer than Options.Wait.
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

// change calls change with the state of the store, under the lock, and writes
// the new state. When it returns nil, everything is on the disk. Without a
// store the state is empty.
func (s *Store) change(change func(*state) error) error {
	lock, err := s.lock(context.Background())
	if err != nil {
		return err
	}
	defer lock.Close()
	st, _, err := s.load()
	if errors.Is(err, ErrNoCard) {
		st, err = &state{}, nil
	}
	if err != nil {
		return err
	}
	if err := change(st); err != nil {
		return err
	}
	_, err = s.write(st)
	return err
}

// update is like [Store.change], but first issues the default card if there is
// no card.
func (s *Store) update(change func(*state) error) error {
	return s.change(func(st *state) error {
		if st.Card == nil {
			if err := s.issue(st, IssueOptions{}); err != nil {
				return err
			}
		}
		return change(st)
	})
}

// loadOrMake reads the store, or issues the default card if there is none. The
// caller holds the lock.
func (s *Store) loadOrMake() (*state, []byte, error) {
	st, raw, err := s.load()
	if !errors.Is(err, ErrNoCard) {
		return st, raw, err
	}
	st = &state{}
	if err := s.issue(st, IssueOptions{}); err != nil {
		return nil, nil, err
	}
	raw, err = s.write(st)
	return st, raw, err
}

// Reset deletes the practice card, its authorities and all that they have
// issued, and issues a new card. It also replaces a damaged store.
func (s *Store) Reset() error {
	lock, err := s.lock(context.Background())
	if err != nil {
		return err
	}
	defer lock.Close()
	st := &state{}
	if err := s.issue(st, IssueOptions{}); err != nil {
		return err
	}
	_, err = s.write(st)
	return err
}

// Roots returns the signature roots and the authentication roots of all
// generations. They are separate because a signature under an authentication
// root is worth less (docs/verify.md). Roots creates nothing: if there is no
// card yet, the error is [ErrNoCard].
func (s *Store) Roots() (signature, authentication []*x509.Certificate, err error) {
	st, _, err := s.load()
	if err != nil {
		return nil, nil, err
	}
	for i := range st.Generations {
		root, err := s.certificate(st.Generations[i].Sign.Certificate)
		if err != nil {
			return nil, nil, err
		}
		signature = append(signature, root)
		if root, err = s.certificate(st.Generations[i].Auth.Certificate); err != nil {
			return nil, nil, err
		}
		authentication = append(authentication, root)
	}
	return signature, authentication, nil
}
