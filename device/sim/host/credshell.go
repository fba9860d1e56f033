package host

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// credStore is the store behind Zephyr's `cred` shell, in the application's memory and not in the modem (nrf91.md, 3.6). It
// does what a bench needs to recognise it, and to see that nothing was put there.
type credStore struct {
	typed string
	items []credItem
}

type credItem struct {
	tag, kind string
	content   []byte
}

// knows tells the commands of the two shells.
func (c *credStore) knows(name string) bool { return name == "cred" || name == "nrf_cloud_cred" }

func (c *credStore) help() string {
	return "  cred             :TLS Credentials Commands\n  nrf_cloud_cred   :nRF Cloud Credential Commands\n"
}

func (c *credStore) run(argv []string) string {
	if argv[0] == "nrf_cloud_cred" {
		return "nrf_cloud_cred - nRF Cloud Credential Commands\nSubcommands:\n  csr      :Generate a CSR\n  delete   :Delete the device key\n" +
			"  keygen   :Generate a device key\n  pubkey   :Export the public key\n"
	}
	sub := ""
	if len(argv) > 1 {
		sub = argv[1]
	}
	switch {
	case sub == "buf" && len(argv) == 3:
		return c.buffer(argv[2])
	case sub == "add" && (len(argv) == 6 || len(argv) == 7):
		return c.add(argv)
	case sub == "del" && len(argv) == 4:
		return c.del(argv[2], argv[3])
	case sub == "list" && len(argv) <= 4:
		return c.list(append(argv[2:], "any", "any"))
	}
	return "cred - TLS Credentials Commands\nSubcommands:\n  add   :Add a TLS credential.\n  buf   :Buffer in credential data so it can be added.\n" +
		"  del   :Delete a TLS credential.\n  get   :Retrieve a TLS credential.\n  list  :List stored TLS credentials.\n"
}

func (c *credStore) buffer(text string) string {
	if text == "clear" {
		c.typed = ""
		return "Credential buffer cleared.\n"
	}
	c.typed += text
	return fmt.Sprintf("Stored %d bytes.\n", len(text))
}

// types has a type's long name first and its compact one last.
var types = [][]string{
	{"CA_CERT", "CA"},
	{"SERVER_CERT", "CLIENT_CERT", "SELF_CERT", "SELF", "CLIENT", "SERV"},
	{"PRIVATE_KEY", "PK"},
	{"PRIVATE_KEY_PSA", "PK_PSA"},
	{"PRE_SHARED_KEY", "PSK"},
	{"PRE_SHARED_KEY_ID", "PSK_ID"},
}

// typeOf finds a type by any of its names.
func typeOf(name string) []string {
	i := slices.IndexFunc(types, func(names []string) bool { return slices.Contains(names, strings.ToUpper(name)) })
	if i < 0 {
		return nil
	}
	return types[i]
}

func (c *credStore) find(tag, kind string) int {
	return slices.IndexFunc(c.items, func(i credItem) bool { return i.tag == tag && i.kind == kind })
}

// add is cred add <tag> <TYPE> default <bin|bint|str|strt> [data].
func (c *credStore) add(argv []string) string {
	names := typeOf(argv[3])
	if _, err := strconv.ParseUint(argv[2], 10, 32); err != nil {
		return fmt.Sprintf("%s%s is not a valid sectag.\n%s", red, argv[2], plain)
	}
	if names == nil {
		return fmt.Sprintf("%s%s is not a valid credential type.\n%s", red, argv[3], plain)
	}
	if len(argv) == 7 {
		c.typed = argv[6]
	}
	content := []byte(c.typed)
	c.typed = ""
	if strings.HasPrefix(argv[5], "bin") {
		b, err := base64.StdEncoding.DecodeString(string(content))
		if err != nil {
			return red + "Could not decode input from base64, error: -22\n" + plain
		}
		content = b
	}
	switch {
	case len(content) == 0:
		return red + "Please provide a credential to add.\n" + plain
	case c.find(argv[2], names[0]) >= 0:
		return fmt.Sprintf("%sTLS credential with sectag %s and type %s already exists.\n%s", red, argv[2], names[0], plain)
	}
	if strings.HasSuffix(argv[5], "t") {
		content = append(content, 0)
	}
	c.items = append(c.items, credItem{argv[2], names[0], content})
	return fmt.Sprintf("Added TLS credential of type %s, sectag %s, and length %d bytes.\n", names[0], argv[2], len(content))
}

func (c *credStore) del(tag, kind string) string {
	names := typeOf(kind)
	if names == nil {
		return fmt.Sprintf("%s%s is not a valid credential type.\n%s", red, kind, plain)
	}
	i := c.find(tag, names[0])
	if i < 0 {
		return fmt.Sprintf("%sThere is no TLS credential with sectag %s and type %s.\n%s", red, tag, names[0], plain)
	}
	c.items = slices.Delete(c.items, i, i+1)
	return fmt.Sprintf("Deleted TLS credential with sectag %s and type %s.\n", tag, names[0])
}

// list prints a row for each item of a tag and a type.
func (c *credStore) list(by []string) string {
	var b strings.Builder
	n := 0
	for _, i := range c.items {
		names := typeOf(i.kind)
		if by[0] != "any" && by[0] != i.tag || by[1] != "any" && !slices.Contains(names, strings.ToUpper(by[1])) {
			continue
		}
		sum := sha256.Sum256(i.content)
		fmt.Fprintf(&b, "%s,%s,%s,0\n", i.tag, names[len(names)-1], base64.StdEncoding.EncodeToString(sum[:]))
		n++
	}
	fmt.Fprintf(&b, "%d credentials found.\n", n)
	return b.String()
}
