package verify

// CertificatePinned is Certificate with other pinned roots than the published
// ones, whose keys no test has.
var CertificatePinned = judgeCertificate
