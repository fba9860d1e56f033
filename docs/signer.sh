#!/bin/sh
# The signer that docs/authority.md describes, over openssl: it reads one request of sectag and answers with one signature.
#
#     key = "exec:/opt/acme/signer.sh /opt/acme/root.key /opt/acme/pass.txt"
#
# The first argument is the key's file, the second, if the key is encrypted, a file whose first line is its passphrase. Put the line
# that signs in the place of your own: the tool of a cloud's key service, or of a token.
set -eu
key=$1
if [ $# -gt 1 ]; then set -- -passin "file:$2"; else set --; fi

IFS= read -r request
field() { printf '%s\n' "$request" | sed -n "s/.*\"$1\":\"\\([A-Za-z0-9-]*\\)\".*/\\1/p"; }
fail() { echo "$1" >&2; exit 1; }

[ "$(field op)" = sign ] || fail "only signing is offered"
case $(field hash) in
SHA-256) hash=sha256 ;;
SHA-384) hash=sha384 ;;
SHA-512) hash=sha512 ;;
*) fail "no such hash: $(field hash)" ;;
esac
public=$(openssl pkey -in "$key" "$@" -pubout -outform DER | openssl dgst -sha256 -r | cut -c1-64)
[ "$(field public)" = "$public" ] || fail "another key is wanted than the one that is here"

bytes() { # of hex
  left=$1
  while [ -n "$left" ]; do
    rest=${left#??}
    printf "\\$(printf %03o "0x${left%"$rest"}")"
    left=$rest
  done
}
signature=$(bytes "$(field digest)" | openssl pkeyutl -sign -inkey "$key" "$@" -pkeyopt "digest:$hash" | openssl base64 -A)
[ -n "$signature" ] || fail "openssl did not sign"
printf '{"signature":"%s"}\n' "$signature"
