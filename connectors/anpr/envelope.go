package anpr

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// envelope is a request body taken apart: the JSON and the pictures that came
// with it.
type envelope struct {
	document []byte
	pictures []fusion.Media
}

// jsonField is the name of the form field in which Plate Recognizer sends its
// JSON.
const jsonField = "json"

// unwrap takes the JSON out of a form. A body without a content type, as in a
// file, is recognised by its first bytes.
func unwrap(m connectors.Message) (envelope, error) {
	mediaType, params, err := mime.ParseMediaType(m.Meta["content-type"])
	switch boundary := sniffBoundary(m.Payload); {
	case err == nil && mediaType == "multipart/form-data" && params["boundary"] != "":
		return unwrapParts(m.Payload, params["boundary"])
	case boundary != "":
		return unwrapParts(m.Payload, boundary)
	case bytes.HasPrefix(m.Payload, []byte(jsonField+"=")):
		return unwrapForm(m.Payload)
	}
	return envelope{document: m.Payload}, nil
}

func unwrapForm(payload []byte) (envelope, error) {
	form, err := url.ParseQuery(string(bytes.TrimSpace(payload)))
	if err != nil {
		return envelope{}, fmt.Errorf("not a form: %w", err)
	}
	return envelope{document: []byte(form.Get(jsonField))}, nil
}

// sniffBoundary returns the boundary of a multipart body, which begins with it.
func sniffBoundary(payload []byte) string {
	line, _, found := bytes.Cut(payload, []byte("\r\n"))
	if !found || !bytes.HasPrefix(line, []byte("--")) || len(line) > 72 {
		return ""
	}
	return string(line[2:])
}

func unwrapParts(payload []byte, boundary string) (e envelope, err error) {
	parts := multipart.NewReader(bytes.NewReader(payload), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return e, fmt.Errorf("a damaged multipart body: %w", err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return e, fmt.Errorf("a damaged multipart body: %w", err)
		}
		switch {
		case part.FormName() == jsonField:
			e.document = content
		case part.FileName() != "":
			e.pictures = append(e.pictures, picture(part, content))
		}
	}
	if e.document == nil {
		return e, fmt.Errorf("a multipart body without the field %q", jsonField)
	}
	return e, nil
}

// picture refers to an uploaded file by its name and digest.
func picture(part *multipart.Part, content []byte) fusion.Media {
	sum := sha256.Sum256(content)
	ref := strings.ToValidUTF8(part.FileName(), "?")
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		kind = mimeOf(ref)
	}
	return fusion.Media{Ref: ref, Mime: kind, Digest: "sha256:" + hex.EncodeToString(sum[:])}
}

// mimeOf knows what cameras write; the system's own table would differ from
// machine to machine.
func mimeOf(ref string) string {
	switch lower := strings.ToLower(ref); {
	case strings.HasSuffix(lower, ".jpg"), strings.HasSuffix(lower, ".jpeg"):
		return "image/jpeg"
	case strings.HasSuffix(lower, ".png"):
		return "image/png"
	case strings.HasSuffix(lower, ".mp4"):
		return "video/mp4"
	}
	return ""
}
