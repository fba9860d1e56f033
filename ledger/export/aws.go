package export

import (
	"io"
)

// awsUnit is one line of the file that StartThingRegistrationTask reads: its keys are the parameters of the provisioning template.
type awsUnit struct {
	Thing       string `json:"ThingName"`
	Serial      string `json:"SerialNumber,omitempty"`
	Certificate string `json:"CertificatePem"`
}

type awsLines struct{ w io.Writer }

func newAWS(w io.Writer, _ Options) (encoder, error) { return awsLines{w}, nil }

func (a awsLines) head() error { return nil }

func (a awsLines) unit(u Unit) error {
	cert, err := u.certificate()
	if err != nil {
		return err
	}
	text, err := compact(awsUnit{u.ID, u.Record.IMEI.String(), cert})
	if err == nil {
		_, err = io.WriteString(a.w, text+"\n")
	}
	return err
}

func (a awsLines) tail() error { return nil }
