package s3

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sluice/internal/caller"
)

// call is one request on its way.
type call struct {
	s   *Store
	w   http.ResponseWriter
	r   *http.Request
	ctx context.Context
	who caller.Caller
	op  *operation

	bucketName, key string
	query           url.Values
	bucket          *bucket // nil for operations that do not need one
	unwatch         func()  // lets go of the end of the call; nil while nothing was read
}

// param is a parameter of the query string.
func (c *call) param(name string) string { return c.query.Get(name) }

// reply answers with a head and, unless empty, a body of XML.
func (c *call) reply(status int, body []byte) {
	h := c.w.Header()
	if body != nil {
		h.Set("Content-Type", "application/xml")
	}
	if status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	c.w.WriteHeader(status)
	if len(body) > 0 && c.r.Method != http.MethodHead {
		_, _ = c.w.Write(body) // a client that has gone needs no answer
	}
}

// hangUp has the connection closed after the answer: what is left of the body
// would be taken for the next request.
func (c *call) hangUp() { c.w.Header().Set("Connection", "close") }

// fail answers with an error.
func (c *call) fail(err error) {
	var known *Error
	if !errors.As(err, &known) {
		if c.ctx.Err() == nil {
			c.s.log.Error("an operation failed", "request", c.who.RequestID, "service", "s3", "operation", c.name(), "error", err)
		}
		known = internalError()
	}
	writeError(c.w, c.r, known, c.who.RequestID)
}

func (c *call) name() string {
	if c.op == nil {
		return ""
	}
	return c.op.name
}

// requestID has the form of the service's: 16 hexadecimal digits.
func requestID(id string) string {
	id = strings.ToUpper(strings.ReplaceAll(id, "-", ""))
	return id[:min(len(id), 16)]
}

// writeError answers with an error in the form of the service.
func writeError(w http.ResponseWriter, r *http.Request, e *Error, id string) {
	h := w.Header()
	h.Del("Content-Length")
	if e.Status != http.StatusNotModified {
		h.Del("ETag")
	}
	if e.Code == "MethodNotAllowed" && h.Get("Allow") == "" && len(e.Details) > 0 {
		h.Set("Allow", "GET, HEAD, PUT, DELETE")
	}
	if r.Method == http.MethodHead || e.Status == http.StatusNotModified {
		if e.Status != http.StatusNotModified {
			h.Set("Content-Type", "application/xml")
		}
		w.WriteHeader(e.Status)
		return
	}
	d := newDocument()
	d.open("Error")
	d.text("Code", e.Code)
	d.text("Message", e.Message)
	for i := 0; i+1 < len(e.Details); i += 2 {
		d.text(e.Details[i], e.Details[i+1])
	}
	d.text("RequestId", requestID(id))
	d.text("HostId", hostID(id))
	d.close("Error")
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(d.Len()))
	w.WriteHeader(e.Status)
	_, _ = w.Write(d.Bytes())
}

// document is an XML document being written.
type document struct{ bytes.Buffer }

const namespace = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

func newDocument() *document {
	d := &document{}
	d.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	return d
}

// root begins the document element.
func (d *document) root(name string) { d.WriteString("<" + name + namespace + ">") }

func (d *document) open(name string)  { d.WriteString("<" + name + ">") }
func (d *document) close(name string) { d.WriteString("</" + name + ">") }

func (d *document) text(name, value string) {
	d.open(name)
	_ = xml.EscapeText(&d.Buffer, []byte(value)) // a buffer takes everything
	d.close(name)
}

// some writes an element unless it is empty.
func (d *document) some(name, value string) {
	if value != "" {
		d.text(name, value)
	}
}

func (d *document) number(name string, n int64) {
	d.open(name)
	d.Write(strconv.AppendInt(d.AvailableBuffer(), n, 10))
	d.close(name)
}

func (d *document) truth(name string, v bool) { d.text(name, strconv.FormatBool(v)) }

// readXML reads a body of XML into v, whose root element must have a name.
func (c *call) readXML(root string, v any) error {
	raw, err := c.readSmall(maxXML)
	if err != nil {
		return err
	}
	return parseXML(raw, root, v)
}

func parseXML(raw []byte, root string, v any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return missingBody()
	}
	var named struct{ XMLName xml.Name }
	if err := xml.Unmarshal(raw, &named); err != nil || named.XMLName.Local != root {
		return malformedXML()
	}
	if err := xml.Unmarshal(raw, v); err != nil {
		return malformedXML()
	}
	return nil
}
