package ca

import (
	"time"

	"example.org/sectag/ca/audit"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// Audit says what is wrong with an authority that others made: see audit.Files.
func Audit(files []string, p lint.Profile, now time.Time) ([]cred.Finding, error) {
	return audit.Files(files, p, now)
}

// Verify says whether units' certificates chain to a root, now and at their end: see audit.Verify.
func Verify(rootFile string, files []string, now time.Time) ([]cred.Finding, error) {
	return audit.Verify(rootFile, files, now)
}
