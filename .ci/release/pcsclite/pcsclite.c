/*
 * Stands in for libpcsclite when natsuin is linked for a release: each function
 * loads libpcsclite.so.1 and calls the function of that name there. A program
 * linked with it starts on machines without the library, where every call
 * returns SCARD_E_FILE_NOT_FOUND, which libpcsclite itself never returns
 * (card/pcsc, ErrNotInstalled).
 *
 * No state is kept between calls, so a library that is installed while natsuin
 * waits is found by the next call. If the library is already loaded, dlopen only
 * increments its reference count.
 */

#include <dlfcn.h>
#include <stddef.h>

/* Not exported: libpcsclite.so.1 must not find these in place of its own. */
#pragma GCC visibility push(hidden)
#include <winscard.h>

static void *find(const char *name) {
	void *library = dlopen("libpcsclite.so.1", RTLD_NOW | RTLD_LOCAL);
	return library == NULL ? NULL : dlsym(library, name);
}

#define FORWARD(name, parameters, arguments)                          \
	LONG name parameters {                                        \
		LONG(*real) parameters = (LONG(*) parameters)find(#name); \
		return real == NULL ? SCARD_E_FILE_NOT_FOUND : real arguments; \
	}

FORWARD(SCardEstablishContext,
	(DWORD scope, LPCVOID reserved1, LPCVOID reserved2, LPSCARDCONTEXT context),
	(scope, reserved1, reserved2, context))
FORWARD(SCardReleaseContext, (SCARDCONTEXT context), (context))
FORWARD(SCardIsValidContext, (SCARDCONTEXT context), (context))
FORWARD(SCardCancel, (SCARDCONTEXT context), (context))
FORWARD(SCardListReaders,
	(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD length),
	(context, groups, readers, length))
FORWARD(SCardListReaderGroups,
	(SCARDCONTEXT context, LPSTR groups, LPDWORD length),
	(context, groups, length))
FORWARD(SCardGetStatusChange,
	(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD count),
	(context, timeout, states, count))
FORWARD(SCardConnect,
	(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols, LPSCARDHANDLE card, LPDWORD protocol),
	(context, reader, share, protocols, card, protocol))
FORWARD(SCardReconnect,
	(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD initialization, LPDWORD protocol),
	(card, share, protocols, initialization, protocol))
FORWARD(SCardDisconnect, (SCARDHANDLE card, DWORD disposition), (card, disposition))
FORWARD(SCardBeginTransaction, (SCARDHANDLE card), (card))
FORWARD(SCardEndTransaction, (SCARDHANDLE card, DWORD disposition), (card, disposition))
FORWARD(SCardStatus,
	(SCARDHANDLE card, LPSTR reader, LPDWORD reader_length, LPDWORD state, LPDWORD protocol, LPBYTE atr, LPDWORD atr_length),
	(card, reader, reader_length, state, protocol, atr, atr_length))
FORWARD(SCardTransmit,
	(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci, LPCBYTE command, DWORD command_length, SCARD_IO_REQUEST *receive_pci, LPBYTE answer, LPDWORD answer_length),
	(card, send_pci, command, command_length, receive_pci, answer, answer_length))
FORWARD(SCardControl,
	(SCARDHANDLE card, DWORD code, LPCVOID in, DWORD in_length, LPVOID out, DWORD out_size, LPDWORD out_length),
	(card, code, in, in_length, out, out_size, out_length))
FORWARD(SCardGetAttrib,
	(SCARDHANDLE card, DWORD id, LPBYTE value, LPDWORD length),
	(card, id, value, length))
FORWARD(SCardSetAttrib,
	(SCARDHANDLE card, DWORD id, LPCBYTE value, DWORD length),
	(card, id, value, length))

const char *pcsc_stringify_error(const LONG code) {
	const char *(*real)(LONG) = (const char *(*)(LONG))find("pcsc_stringify_error");
	return real == NULL ? "libpcsclite.so.1 is not installed" : real(code);
}
