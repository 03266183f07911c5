package card

import "natsuin/card/apdu"

// applicationID selects the JPKI application, 公的個人認証AP (docs/card.md §1).
var applicationID = []byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}

// A fileID names an elementary file below the application (docs/card.md §1).
type fileID uint16

const (
	fileToken    fileID = 0x0006 // 160 bytes, of which the first 32 are the label
	filePresence fileID = 0x0008 // 3 bytes, only a hint
)

// presentMark in byte 0 or 1 of EF 0008 means that the card claims to hold the
// signature or the authentication certificate, respectively.
const presentMark = 0x8F

// labelLength is the length of the label in EF 0006, in bytes.
const labelLength = 32

// credentials holds the rules of the two secrets (docs/card.md §1 and §5).
var credentials = map[Credential]struct {
	word        string
	pinFile     fileID
	keyFile     fileID
	maxTries    int
	least, most int // characters
	digitsOnly  bool
}{
	SignPassword: {word: "sign", pinFile: 0x001B, keyFile: 0x001A, maxTries: 5, least: 6, most: 16},
	AuthPIN:      {word: "auth", pinFile: 0x0018, keyFile: 0x0017, maxTries: 3, least: 4, most: 4, digitsOnly: true},
}

// certificates holds the file, issuer and secret of each certificate
// (docs/card.md §1).
var certificates = map[CertID]struct {
	word       string
	file       fileID
	ca         CertID
	credential Credential
}{
	SignCert: {"sign", 0x0001, SignCA, SignPassword},
	SignCA:   {"sign-ca", 0x0002, SignCA, SignPassword},
	AuthCert: {"auth", 0x000A, AuthCA, AuthPIN},
	AuthCA:   {"auth-ca", 0x000B, AuthCA, AuthPIN},
}

// kinds maps token labels to kinds of card (docs/card.md §1).
var kinds = map[string]Kind{
	"JPKIAPICCTOKEN":  KindJuki,
	"JPKIAPICCTOKEN2": KindMyNumber,
	"JPKIAPGPSETOKEN": KindAndroid,
	"JPKIAPIOSTOKEN":  KindIPhone,
}

// rsaOnly holds the kinds whose keys are taken to be RSA. Other kinds may have
// a P-384 key (docs/card.md §9).
var rsaOnly = map[Kind]bool{
	KindMyNumber: true,
	KindJuki:     true,
	KindAndroid:  true,
	KindIPhone:   true,
}

// The following functions return the commands of docs/card.md §2. The card
// itself adds the padding of PKCS #1 v1.5.

func selectApplication() apdu.Command {
	return apdu.Command{Op: "SELECT application", CLA: 0x00, INS: 0xA4, P1: 0x04, P2: 0x0C, Data: applicationID}
}

func selectFile(f fileID) apdu.Command {
	return apdu.Command{Op: "SELECT file", CLA: 0x00, INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{byte(f >> 8), byte(f)}}
}

func readBinary(offset, length int) apdu.Command {
	return apdu.Command{Op: "READ BINARY", CLA: 0x00, INS: 0xB0, P1: byte(offset >> 8), P2: byte(offset), Le: length}
}

// readShort reads the beginning of a file by its short identifier, the low five
// bits of its file identifier. One source says that the card supports it
// (docs/card.md §2).
func readShort(f fileID, length int) apdu.Command {
	return apdu.Command{Op: "READ BINARY", CLA: 0x00, INS: 0xB0, P1: 0x80 | byte(f&0x1F), P2: 0x00, Le: length}
}

func queryTries() apdu.Command {
	return apdu.Command{Op: "VERIFY (query)", CLA: 0x00, INS: 0x20, P1: 0x00, P2: 0x80}
}

func verify(secret []byte) apdu.Command {
	return apdu.Command{Op: OpVerify, CLA: 0x00, INS: 0x20, P1: 0x00, P2: 0x80, Data: secret}
}

func change(secret []byte) apdu.Command {
	return apdu.Command{Op: OpChange, CLA: 0x00, INS: 0x24, P1: 0x01, P2: 0x80, Data: secret}
}

func computeSignature(input []byte) apdu.Command {
	return apdu.Command{Op: "COMPUTE DIGITAL SIGNATURE", CLA: 0x80, INS: 0x2A, P1: 0x00, P2: 0x80, Data: input, Le: 256}
}
