package cert

import "golang.org/x/crypto/ssh"

// authorizedKey returns a public key as a line of OpenSSH's authorized_keys. ok
// is false if SSH does not support the key.
func authorizedKey(public any) (line []byte, ok bool) {
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, false
	}
	return ssh.MarshalAuthorizedKey(key), true
}
