package cert

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/sign"
)

type exportOptions struct {
	format, output string
	force          bool
	outputGiven    bool
}

func newExport(r *run) *cobra.Command {
	o := &exportOptions{}
	var c *cobra.Command
	c = r.Verb("export [flags] KIND", "cert.export", func(ctx context.Context, args []string) error {
		o.outputGiven = c.Flags().Changed("output")
		return r.export(ctx, o, args[0])
	})
	c.Args = r.Arguments(1, 1)
	c.ValidArgs = command.WordsOf(access.Certificates)
	c.Flags().StringVar(&o.format, "format", "pem", "flag.cert.format")
	c.Flags().StringVarP(&o.output, "output", "o", "-", "flag.cert.output")
	c.Flags().BoolVar(&o.force, "force", false, "flag.force")
	command.CompleteWords(c, "format", "pem", "der", "p7b", "ssh")
	return c
}

// exportReport is the JSON object of cert export.
type exportReport struct {
	console.Head
	PEM string `json:"pem"`
}

func (r *run) export(ctx context.Context, o *exportOptions, word string) error {
	id, err := command.ByWord(word, access.Certificates)
	if err != nil {
		return err
	}
	toStdout := o.output == "-"
	switch {
	case !slices.Contains([]string{"pem", "der", "p7b", "ssh"}, o.format):
		return outcome.Usage("err.flag.choice", "Flag", "--format", "Value", o.format, "Known", "pem, der, p7b, ssh")
	case toStdout && r.JSON && o.outputGiven:
		return outcome.Usage("err.json-stdout", "Flag", "-o -")
	case toStdout && !r.JSON && slices.Contains([]string{"der", "p7b"}, o.format) && r.Streams.OutIsTerminal:
		return outcome.Usage("err.binary-terminal")
	}
	switch {
	case toStdout && !r.JSON:
		if err := r.CheckStdout(); err != nil {
			return err
		}
	case !toStdout:
		if err := errors.Join(outfile.Check([]string{o.output}, nil, o.force)...); err != nil {
			return err
		}
	}
	cert, err := r.Access.ReadCertificate(ctx, id)
	if err != nil {
		return err
	}
	data, err := r.encodeCertificate(ctx, o.format, id, cert)
	if err != nil {
		return err
	}
	r.Report = &exportReport{PEM: string(pemOf(cert))}
	if toStdout && r.JSON {
		return nil
	}
	return r.WriteOutput(o.output, data, o.force)
}

func pemOf(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func (r *run) encodeCertificate(ctx context.Context, format string, id card.CertID, cert *x509.Certificate) ([]byte, error) {
	switch format {
	case "der":
		return cert.Raw, nil
	case "p7b":
		certs := []*x509.Certificate{cert}
		if id != id.CA() {
			ca, err := r.Access.ReadCertificate(ctx, id.CA())
			if err != nil {
				return nil, err
			}
			certs = append(certs, ca)
		}
		return sign.Bundle(certs...)
	case "ssh":
		line, ok := authorizedKey(cert.PublicKey)
		if !ok {
			return nil, outcome.Usage("err.cert.ssh")
		}
		return line, nil
	}
	return pemOf(cert), nil
}
