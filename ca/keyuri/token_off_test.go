//go:build !pkcs11

package keyuri

import (
	"path/filepath"
	"testing"

	"example.org/sectag/ca"
)

func TestAProgramWithoutPKCS11SaysSo(t *testing.T) {
	t.Parallel()
	const key = "pkcs11:token=a;object=b?module-path=/usr/lib/softhsm/libsofthsm2.so"
	dir := pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	root := rooted(t, reference(t, filepath.Join(dir, "key.pem")), filepath.Join(dir, "public.pem"))
	_, err := Open(t.Context(), root, key, []byte("1234"))
	refused(t, err, "ca.no-pkcs11", "built without PKCS#11")
	_, err = NeedsPassphrase(root.File, key)
	refused(t, err, "ca.no-pkcs11", "built without PKCS#11")
	_, err = Init(t.Context(), ca.InitOptions{Dir: filepath.Join(dir, "x"), Clock: ca.Clock{Now: today}}, key, "", nil)
	refused(t, err, "ca.no-pkcs11", "built without PKCS#11")
	if i, err := Show(root.File, key); err != nil || i.Protection != "pkcs11" || i.KeyEncrypted != nil {
		t.Errorf("a certificate can be shown all the same: %+v, %v", i, err)
	}
}
