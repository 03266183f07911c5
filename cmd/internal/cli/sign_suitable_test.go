package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"natsuin/cmd/internal/cli"
)

// signedAttributes returns a SET OF Attribute with a digest of the given size.
// It is followed by after.
func signedAttributes(digest int, after string) []byte {
	tlv := func(tag byte, parts ...string) string {
		body := strings.Join(parts, "")
		return string([]byte{tag, byte(len(body))}) + body
	}
	attribute := func(last byte, value string) string {
		return tlv(0x30, tlv(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x09"+string([]byte{last})), tlv(0x31, value))
	}
	contentType := attribute(3, tlv(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"))
	return []byte(tlv(0x31, contentType, attribute(4, tlv(0x04, strings.Repeat("d", digest)))) + after)
}

// A bare signature over signed attributes would also be a CMS signature over
// another content. It is refused even without a reader: before the card is
// used, and so before the password is asked for.
func TestRawRefusesSignedAttributesBeforeTheCard(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const refused, wantsCard = 3, 5
	indefinite := append([]byte{0x31, 0x80}, append(signedAttributes(32, "")[2:], 0, 0)...)
	for name, c := range map[string]struct {
		content []byte
		args    []string
		exit    int
	}{
		"sha256":               {signedAttributes(32, ""), nil, refused},
		"sha384":               {signedAttributes(48, ""), []string{"--hash", "sha384"}, refused},
		"sha512":               {signedAttributes(64, ""), []string{"--hash", "sha512"}, refused},
		"digest of other size": {signedAttributes(20, ""), []string{"--hash", "sha512"}, refused},
		"authentication key":   {signedAttributes(32, ""), []string{"--key", "auth"}, refused},
		"indefinite length":    {indefinite, nil, refused},
		"dry run":              {signedAttributes(32, ""), []string{"--dry-run"}, refused},
		"bytes after it":       {signedAttributes(32, "x"), nil, wantsCard},
		"text":                 {[]byte("1\x08some text"), nil, wantsCard},
		"empty":                {nil, nil, wantsCard},
	} {
		t.Run(name, func(t *testing.T) {
			in := write(name+".bin", c.content)
			secret := signPassword
			if name == "authentication key" {
				secret = authPIN
			}
			flags := append([]string{"sign", "--raw", "--yes", "--pin-from", secretFile(t, secret)}, c.args...)
			object := newFakeService().script(t, c.exit, append(flags, in)...)
			if c.exit != refused {
				return
			}
			file := object["files"].([]any)[0].(map[string]any)
			for _, part := range []map[string]any{object, file} {
				if part["code"] != "unsuitable" || part["reason"] != "content-is-attributes" {
					t.Errorf("code %v, reason %v", part["code"], part["reason"])
				}
			}
			if _, err := os.Stat(in + ".sig"); err == nil {
				t.Error("a signature was written")
			}
		})
	}
}

// Standard input can be read only once, so it is checked while it is hashed.
func TestRawRefusesSignedAttributesFromAStream(t *testing.T) {
	var out, errs bytes.Buffer
	d := newFakeService()
	env := d.env(t, &out, &errs, []string{"sign", "--json", "--raw", "--yes", "--pin-from", secretFile(t, signPassword), "-o", filepath.Join(t.TempDir(), "x.sig"), "-"})
	env.Streams.In = bytes.NewReader(signedAttributes(32, ""))
	exit := cli.Main(env)
	var object struct{ Code, Reason, Message string }
	if err := json.Unmarshal(out.Bytes(), &object); err != nil {
		t.Fatal(err)
	}
	if exit != 3 || object.Code != "unsuitable" || object.Reason != "content-is-attributes" || object.Message == "" {
		t.Errorf("exit %d, %+v", exit, object)
	}
}

// The CMS signatures of natsuin always cover attributes of their own, so their
// content cannot be mistaken for them.
func TestOnlyRawRefusesSignedAttributes(t *testing.T) {
	in := filepath.Join(t.TempDir(), "a.bin")
	if err := os.WriteFile(in, signedAttributes(32, ""), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newFakeService()
	d.plug("reader", laidCard(t))
	d.script(t, 0, "sign", "--yes", "--pin-from", secretFile(t, signPassword), in)
}
