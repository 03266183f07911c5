package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"strings"
	"testing"

	"natsuin/verify"
)

func TestContentLeavesOnlyWhatWasSigned(t *testing.T) {
	w := newWorld(t)
	var out bytes.Buffer
	sig := by(w.signer, nil).encode(t)
	r, err := verify.Verify(context.Background(), verify.Input{Signature: bytes.NewReader(sig), Size: int64(len(sig)), Out: &out}, w.policy)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if !bytes.Equal(out.Bytes(), text) || !bytes.Equal(r.ContentSHA256, sum[:]) || r.ContentSize != int64(len(text)) || !r.Attached {
		t.Errorf("content %q, report %x, %d bytes, attached %v", out.Bytes(), r.ContentSHA256, r.ContentSize, r.Attached)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestWhatCannotBeReadIsAnErrorAndNoVerdict(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil)
	m.detached = true
	sig := m.encode(t)
	if r, err := verify.Detached(context.Background(), sig, broken{io.ErrUnexpectedEOF}, w.policy); err == nil || r != nil {
		t.Errorf("content: %v, %v", r, err)
	}
	if r, err := verify.Verify(context.Background(), verify.Input{Signature: broken{io.ErrClosedPipe}, Size: 100}, w.policy); err == nil || r != nil {
		t.Errorf("signature: %v, %v", r, err)
	}
	if r, err := verify.Verify(context.Background(), verify.Input{Signature: bytes.NewReader(sig), Size: int64(len(sig)) + 1}, w.policy); err == nil || r != nil {
		t.Errorf("shorter than said: %v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := verify.Detached(ctx, sig, strings.NewReader(string(text)), w.policy); err == nil || r != nil {
		t.Errorf("cancelled: %v, %v", r, err)
	}
}

func TestZeroVerdictIsNotValid(t *testing.T) {
	var v verify.Verdict
	if v == verify.Valid || v.String() != "INVALID" {
		t.Errorf("zero verdict is %v", v)
	}
}
