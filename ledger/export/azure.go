package export

import (
	"io"
)

// newAzure writes individual enrolments of the Device Provisioning Service as calls of the Azure CLI (az iot dps enrollment create). The
// enrolment's id is compared with the certificate's common name without regard to case.
func newAzure(w io.Writer, _ Options) (encoder, error) {
	return &script{
		w: w, finished: "every unit was enrolled",
		opening: `: "${DPS_NAME:?set it to the name of the Device Provisioning Service}"
: "${DPS_GROUP:?set it to its resource group}"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

enrol() {
	az iot dps enrollment create --dps-name "$DPS_NAME" --resource-group "$DPS_GROUP" --attestation-type x509 \
		--certificate-path "$folder/unit.pem" --provisioning-status enabled --enrollment-id "$1" --initial-twin-tags "$2" --output none
}

`,
		perUnit: func(u Unit) (string, error) {
			cert, err := u.certificate()
			if err != nil {
				return "", err
			}
			tags, err := compact(struct {
				IMEI    string `json:"imei,omitempty"`
				Product string `json:"product,omitempty"`
				Batch   string `json:"batch,omitempty"`
			}{u.Record.IMEI.String(), u.Record.Unit.Product, u.Record.Unit.Batch})
			return "printf '%s' " + quote(cert) + " >\"$folder/unit.pem\"\nenrol " + quote(u.ID) + " " + quote(tags) + "\n", err
		},
	}, nil
}
