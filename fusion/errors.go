package fusion

import (
	"errors"
	"fmt"
)

// Kind is the closed list of what can be wrong, as the borders of the room
// report it.
type Kind string

// The kinds of errors.
const (
	KindInvalid     Kind = "invalid"     // the input or the configuration is wrong
	KindNotFound    Kind = "not-found"   // no such thing
	KindConflict    Kind = "conflict"    // somebody else was first
	KindDenied      Kind = "denied"      // not allowed
	KindUnavailable Kind = "unavailable" // cannot be reached now; try again
	KindCorrupt     Kind = "corrupt"     // what was stored is damaged
	KindLimit       Kind = "limit"       // too large, too deep, too many
	KindExpired     Kind = "expired"     // what a cursor stands for is not kept any more; begin anew
	KindInternal    Kind = "internal"    // our own mistake
)

// Error is an error with the operation that failed and its kind.
type Error struct {
	Kind Kind
	Op   string // what was being done, as a reader would say it
	Hint string // what to do about it, "" when there is nothing to add
	Err  error
}

// Errorf makes an Error; format and args are those of [fmt.Errorf].
func Errorf(kind Kind, op, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Err: fmt.Errorf(format, args...)}
}

// WithHint returns the error with advice on what to do.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

func (e *Error) Error() string {
	s := e.Err.Error()
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first [Error] in the chain, or KindInternal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// FieldError says which field is wrong and why.
type FieldError struct {
	Field   string // dotted path as in the JSON, e.g. "data.entities[0].value"
	Problem string
}

func (e *FieldError) Error() string { return e.Field + " " + e.Problem }

// Rejection says why an input, or a part of it, could not be understood. It
// travels with the original bytes to the dead-letter stream.
type Rejection struct {
	Code  string // short reason: syntax, missing, invalid, unsupported, checksum, incomplete, too-large, panic
	Stage string // read, decode, map, validate
	Field string // what is wrong, "" when it is the whole
	Err   error
}

// Reject makes a Rejection of the mapping stage.
func Reject(code, field, format string, args ...any) *Rejection {
	return &Rejection{Code: code, Stage: "map", Field: field, Err: fmt.Errorf(format, args...)}
}

func (r *Rejection) Error() string {
	s := r.Stage + ": " + r.Code
	if r.Field != "" {
		s += " in " + r.Field
	}
	return s + ": " + r.Err.Error()
}

func (r *Rejection) Unwrap() error { return r.Err }
