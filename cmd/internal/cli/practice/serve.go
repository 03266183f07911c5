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

// newServe offers the practice card to pcscd's vpcd reader, so that any PC/SC
// program can use it.
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

// servePatience is how long a command from the reader waits for the town hall,
// which generates keys while it holds the store. A reader has no time limit of
// its own.
const servePatience = time.Minute

// serve keeps the card in the reader until the person ends it with Ctrl-C. It
// holds the store for one command at a time: the town hall can change the card
// meanwhile, and both see the same counters.
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

// served returns nil if the person ended the run. The error for a connection
// that broke, or that does not speak the protocol of vpcd, contains its
// address.
func served(ctx context.Context, address string, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	if errors.As(err, new(*vpcd.FrameError)) || errors.As(err, new(net.Error)) {
		return networkError("err.practice.spoken", address, err)
	}
	return err
}

// checkAddress refuses a value that is not a host and port. An empty one means
// that the flag was not given.
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

// newOCSP runs the practice CA's OCSP responder (RFC 6960).
func newOCSP(r *run) *cobra.Command {
	var listen string
	c := r.Verb("ocsp --listen 127.0.0.1:PORT", "practice.ocsp", func(ctx context.Context, _ []string) error {
		switch {
		case r.JSON:
			return outcome.Usage("err.json-stdout", "Flag", "practice ocsp")
		case listen == "":
			return outcome.Usage("err.flag.value", "Flag", "--listen")
		}
		if err := checkAddress("--listen", listen); err != nil {
			return err
		}
		return r.ocsp(ctx, listen)
	})
	c.Args = r.Arguments(0, 0)
	c.Flags().StringVar(&listen, "listen", "", "flag.practice.ocsp-listen")
	return c
}

func (r *run) ocsp(ctx context.Context, listen string) error {
	handler, err := r.Access.Practice().OCSP()
	if err != nil {
		return err
	}
	listener, err := vpcd.Listen(ctx, listen) // loopback only, like the card's own port
	if err != nil {
		return networkError("err.practice.listen", listen, err)
	}
	// The address is data: scripts read the port from it.
	r.Print("http://" + listener.Addr().String())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	context.AfterFunc(ctx, func() { server.Close() })
	return served(ctx, listen, server.Serve(listener))
}
