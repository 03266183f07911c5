package verify

// CertificatePinned is Certificate with pinned roots of the test, since no test
// has the keys of the published ones.
var CertificatePinned = judgeCertificate
