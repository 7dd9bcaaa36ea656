package signer

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// The messages of an ssh agent (draft-ietf-sshm-ssh-agent), written by hand: linking
// golang.org/x/crypto/ssh/agent costs every start of the program 21 page faults and 0.3 ms.
const (
	signRequest  = 13
	signResponse = 14
	failure      = 5

	flagSHA256 = 2        // SSH_AGENT_RSA_SHA2_256 (RFC 8332)
	mostAnswer = 16 << 10 // a signature by a key of 64,000 bits has 8 KiB
	wantFormat = "rsa-sha2-256"
)

// Agent lets the ssh agent at a socket sign a message with the key of cert. Its rsa-sha2-256 signature is the same as
// that of RS256. source is the agent's name in errors.
func Agent(ctx context.Context, source, socket string, cert rsakey.Certificate, message []byte) ([]byte, error) {
	fails := func(problem string, err error) ([]byte, error) {
		return nil, &Error{Source: source, Problem: problem, Err: err}
	}
	fi, err := os.Stat(socket)
	switch {
	case err != nil:
		return fails("can't be found: "+reason(err), err)
	case fi.Mode()&os.ModeSocket == 0:
		return fails("is no socket", nil)
	case !ours(fi):
		return fails("belongs to another user", nil)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return fails("can't be reached: "+reason(err), err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	answer, err := ask(conn, request(cert, message))
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled):
		return fails("was interrupted", context.Cause(ctx))
	case ctx.Err() != nil:
		return fails("didn't sign in time; does its key wait for a touch or a password", context.Cause(ctx))
	case err != nil:
		return fails("gave no answer that could be understood", err)
	case answer[0] == failure:
		return fails("refused to sign: it is locked, asks for a confirmation, or has no such key", nil)
	}
	signature, format, ok := signed(answer)
	switch {
	case !ok:
		return fails("gave no answer that could be understood", nil)
	case format != wantFormat:
		return fails("signed by "+text.Clean(format)+", not by "+wantFormat, nil)
	}
	return Checked(source, cert, message, signature)
}

// request is SSH_AGENTC_SIGN_REQUEST with the key in the form of RFC 4253 6.6.
func request(cert rsakey.Certificate, message []byte) []byte {
	public := cert.Public()
	key := appendString(nil, []byte("ssh-rsa"))
	key = appendInt(key, big.NewInt(int64(public.E)))
	key = appendInt(key, public.N)
	b := []byte{signRequest}
	b = appendString(b, key)
	b = appendString(b, message)
	return binary.BigEndian.AppendUint32(b, flagSHA256)
}

// ask sends one message and returns the answer, at least a byte.
func ask(conn io.ReadWriter, message []byte) ([]byte, error) {
	if _, err := conn.Write(appendString(nil, message)); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n == 0 || n > mostAnswer {
		return nil, fmt.Errorf("an answer of %d bytes", n)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(conn, b)
	return b, err
}

// signed reads SSH_AGENT_SIGN_RESPONSE: a string with the format and the signature.
func signed(answer []byte) (signature []byte, format string, ok bool) {
	if answer[0] != signResponse {
		return nil, "", false
	}
	inner, rest, ok := cutString(answer[1:])
	if !ok || len(rest) > 0 {
		return nil, "", false
	}
	name, rest, ok := cutString(inner)
	if !ok {
		return nil, "", false
	}
	signature, rest, ok = cutString(rest)
	return signature, string(name), ok && len(rest) == 0
}

// appendString appends an SSH string (RFC 4251 5).
func appendString(b, s []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// appendInt appends an mpint, which has a zero byte in front if its first bit is set.
func appendInt(b []byte, n *big.Int) []byte {
	s := n.Bytes()
	if len(s) > 0 && s[0]&0x80 != 0 {
		s = append([]byte{0}, s...)
	}
	return appendString(b, s)
}

func cutString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return bytes.Clone(b[4 : 4+n]), b[4+n:], true
}

// reason is the system's error without its operation and path.
func reason(err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		err = p.Err
	}
	if s, ok := errors.AsType[*os.SyscallError](err); ok {
		err = s.Err
	}
	return text.Clean(err.Error())
}
