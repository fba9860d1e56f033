package words

// AtRest says how the authority's key lies, by its class of protection as the records name it.
func AtRest(protection string) string {
	switch protection {
	case "pkcs11":
		return "in a token, which signs and keeps it"
	case "exec":
		return "behind a command, which signs for this computer"
	}
	return "encrypted"
}
