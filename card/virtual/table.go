package virtual

// The card's constants, repeated here on purpose (see the package comment).
// Each group names its section of docs/card.md.

// An application is what SELECT by name selects (§1, §12).
type application int

const (
	noApplication    application = iota
	jpkiApplication              // 公的個人認証AP
	inputApplication             // 券面事項入力補助AP, without files
)

// applicationName holds the name (AID) of each application (§1, §12).
var applicationName = map[application][]byte{
	jpkiApplication:  {0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01},
	inputApplication: {0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08},
}

// answerToReset is the ATR of the contact interface, T=1 (§4).
var answerToReset = []byte{0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14}

// Elementary files (§1).
const (
	fileSignCertificate uint16 = 0x0001
	fileSignCA          uint16 = 0x0002
	fileToken           uint16 = 0x0006
	fileHint            uint16 = 0x0008
	fileAuthCertificate uint16 = 0x000A
	fileAuthCA          uint16 = 0x000B
	fileAuthKey         uint16 = 0x0017
	fileAuthPIN         uint16 = 0x0018
	fileSignKey         uint16 = 0x001A
	fileSignPIN         uint16 = 0x001B
)

const (
	tokenSize   = 160 // EF 0006 (§1)
	labelSize   = 32
	hintPresent = 0x8F // EF 0008, byte 0 sign, byte 1 auth (§1)
)

// Instructions (§2, §12).
const (
	insVerify      = 0x20
	insChange      = 0x24
	insSign        = 0x2A
	insSelect      = 0xA4
	insReadBinary  = 0xB0
	insGetResponse = 0xC0
	insGetData     = 0xCA

	classISO = 0x00
	classOwn = 0x80 // of the signature command alone

	// P1 of the signature command: what the data is.
	signData = 0x00 // what is signed, such as a DigestInfo
	signHash = 0x02 // a SHA-256 digest, without its DigestInfo

	tagATR = 0x5F51 // GET DATA: the ATR without its first byte
)

// Status words (§3, and ISO/IEC 7816-4).
const (
	statusOK           = 0x9000
	statusMore         = 0x6100 // low byte: how many
	statusWrongLe      = 0x6C00 // low byte: the right Le
	statusWrong        = 0x63C0 // low nibble: tries left
	statusBlocked      = 0x6984
	statusEnd          = 0x6282
	statusMemory       = 0x6581
	statusLength       = 0x6700
	statusFileType     = 0x6981
	statusSecurity     = 0x6982
	statusConditions   = 0x6985
	statusNoFile       = 0x6986
	statusData         = 0x6A80
	statusNotFound     = 0x6A82
	statusParameters   = 0x6A86
	statusNoObject     = 0x6A88
	statusOffset       = 0x6B00
	statusInstruction  = 0x6D00
	statusClass        = 0x6E00
	statusUnknownFault = 0x6F00
)

// secretForm is the length of each secret in bytes (§5).
var secretForm = [2]struct{ min, max int }{
	Sign: {6, 16},
	Auth: {4, 4},
}

// secretFile and keyFile map a file to its credential.
var (
	secretFile = map[uint16]Credential{fileSignPIN: Sign, fileAuthPIN: Auth}
	keyFile    = map[uint16]Credential{fileSignKey: Sign, fileAuthKey: Auth}
)
