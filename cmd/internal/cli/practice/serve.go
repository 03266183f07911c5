package practice

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card/practice"
	"natsuin/card/virtual/vpcd"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// newServe returns the command practice serve. It puts the practice card into
// the vpcd reader of pcscd, so that any PC/SC program can use it.
func newServe(r *run) *cobra.Command {
	var connect, listen string
	c := r.Verb("serve --connect HOST:PORT | --listen 127.0.0.1:PORT", "practice.serve", func(ctx context.Context, _ []string) error {
		switch {
		case r.JSON:
			return outcome.Usage("err.json-stdout", "Flag", "practice serve")
		case (connect == "") == (listen == ""):
			return outcome.Usage("err.practice.serve")
		}
		if err := errors.Join(checkAddress("--connect", connect), checkAddress("--listen", listen)); err != nil {
			return err
		}
		return r.serve(ctx, connect, listen)
	})
	c.Args = r.Arguments(0, 0)
	c.Flags().StringVar(&connect, "connect", "", "flag.practice.connect")
	c.Flags().StringVar(&listen, "listen", "", "flag.practice.listen")
	return c
}

// servePatience is how long a command from the reader waits for the store,
// which is locked for example while another run generates keys. The reader
// itself has no time limit.
const servePatience = time.Minute

// serve keeps the card in the reader until ctx ends or, with --connect, until
// the reader closes the connection. It locks the store only during each
// command, so that other runs of natsuin can change the card in between and see
// the same counters.
func (r *run) serve(ctx context.Context, connect, listen string) error {
	o := r.Access.PracticeOptions()
	o.Wait = servePatience
	conn, err := practice.Open(o).Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if connect != "" {
		reader, err := vpcd.Dial(ctx, connect)
		if err != nil {
			return networkError("err.practice.connect", connect, err)
		}
		r.Say(r.T("practice.serving", "Address", text.Escape(connect)))
		return served(ctx, connect, vpcd.Serve(ctx, reader, conn))
	}
	listener, err := vpcd.Listen(ctx, listen)
	if err != nil {
		return networkError("err.practice.listen", listen, err)
	}
	defer listener.Close()
	context.AfterFunc(ctx, func() { listener.Close() })
	r.Say(r.T("practice.serving", "Address", listener.Addr().String()))
	for {
		reader, err := listener.Accept()
		if err != nil {
			return served(ctx, listen, err)
		}
		if err := vpcd.Serve(ctx, reader, conn); ctx.Err() != nil {
			return served(ctx, listen, err)
		}
	}
}

// served returns nil if the person ended the run. Otherwise it returns an error
// with the address of the connection, which broke or does not use the protocol
// of vpcd.
func served(ctx context.Context, address string, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	if errors.As(err, new(*vpcd.FrameError)) || errors.As(err, new(net.Error)) {
		return networkError("err.practice.spoken", address, err)
	}
	return err
}

// checkAddress returns a usage error if value is not a host and a port. An
// empty value means that the flag was not given.
func checkAddress(flag, value string) error {
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil && value != "" {
		return outcome.Usage("err.flag.address", "Flag", flag)
	}
	return nil
}

func networkError(id, address string, err error) error {
	code := outcome.CodeNoService
	if errors.As(err, new(*vpcd.NotLoopbackError)) {
		code, id = outcome.CodeUsage, "err.practice.loopback"
	}
	return &outcome.Error{Code: code, ID: id, Pairs: []any{"Address", text.Escape(address), "Error", text.Escape(err.Error())}, Err: err}
}

// newOCSP returns the command practice ocsp. It runs the OCSP responder of the
// practice CA (RFC 6960).
func newOCSP(r *run) *cobra.Command {
	var listen string
	c := r.Verb("ocsp --listen 127.0.0.1:PORT", "practice.ocsp", func(ctx context.Context, _ []string) error {
		return r.server(ctx, "practice ocsp", listen, r.Access.Practice().OCSP)
	})
	return r.listening(c, &listen)
}

// newTSA returns the command practice tsa. It runs the practice time-stamp
// authority (RFC 3161).
func newTSA(r *run) *cobra.Command {
	var listen string
	c := r.Verb("tsa --listen 127.0.0.1:PORT", "practice.tsa", func(ctx context.Context, _ []string) error {
		return r.server(ctx, "practice tsa", listen, r.Access.Practice().TSA)
	})
	return r.listening(c, &listen)
}

func (r *run) listening(c *cobra.Command, address *string) *cobra.Command {
	c.Args = r.Arguments(0, 0)
	c.Flags().StringVar(address, "listen", "", "flag.practice.http-listen")
	return c
}

// server answers over HTTP on a loopback address until ctx ends.
func (r *run) server(ctx context.Context, command, listen string, handler func() (http.Handler, error)) error {
	switch {
	case r.JSON:
		return outcome.Usage("err.json-stdout", "Flag", command)
	case listen == "":
		return outcome.Usage("err.flag.value", "Flag", "--listen")
	}
	if err := checkAddress("--listen", listen); err != nil {
		return err
	}
	h, err := handler()
	if err != nil {
		return err
	}
	listener, err := vpcd.Listen(ctx, listen) // on a loopback address only, like practice serve --listen
	if err != nil {
		return networkError("err.practice.listen", listen, err)
	}
	// The address goes to standard output, because scripts read the port from
	// it.
	r.Print("http://" + listener.Addr().String())
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	context.AfterFunc(ctx, func() { server.Close() })
	return served(ctx, listen, server.Serve(listener))
}
