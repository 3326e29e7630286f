package s3

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"sluice/store/kv"
)

// CompleteMultipartUpload makes an object of the parts of an upload, without
// moving their bytes. Done twice it answers as the first time.
//
// State: real
// Notes: composite and full-object checksums, conditions, sizes
// Test: TestMultipartUpload
func (c *call) completeMultipartUpload() error {
	var asked completion
	raw, err := c.readPlain(maxXML)
	if err == nil {
		err = c.checkFinalSums()
	}
	if err == nil {
		err = parseXML(raw, "CompleteMultipartUpload", &asked)
	}
	if err != nil {
		return err
	}
	if len(asked.Part) == 0 || len(asked.Part) > maxParts {
		return malformedXML()
	}
	var o *object
	var w waste
	err = c.s.use(c.bucket, c.key, func() (err error) {
		o, err = c.complete(&asked, &w)
		return err
	})
	if err != nil {
		return err
	}
	c.s.clear(&w)
	c.showMade(o)
	o.showEncryption(c.w.Header())
	d := newDocument()
	d.root("CompleteMultipartUploadResult")
	d.text("Location", "http://"+c.r.Host+c.r.URL.EscapedPath())
	d.text("Bucket", c.bucketName)
	d.text("Key", c.key)
	d.text("ETag", o.quotedETag())
	d.sum(o.Sum)
	d.some("ChecksumType", o.Sum.Type)
	d.close("CompleteMultipartUploadResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

// checkFinalSums looks at the form of the checksums of the whole.
func (c *call) checkFinalSums() error {
	found := 0
	for _, algorithm := range algorithms() {
		values := c.r.Header.Values(sumHeader(algorithm))
		if len(values) == 0 {
			continue
		}
		if found++; found > 1 || len(values) > 1 {
			return invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		value, count, joined := strings.Cut(values[0], "-")
		if _, err := strconv.ParseUint(count, 10, 16); joined && err != nil || !validSum(algorithm, value) {
			return invalidRequest("Value for " + sumHeader(algorithm) + " header is invalid.")
		}
	}
	return nil
}

// completion is the document that lists the parts.
type completion struct {
	Part []completedPart
}

type completedPart struct {
	PartNumber *int
	ETag       *string

	ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumMD5, ChecksumSHA1, ChecksumSHA256, ChecksumSHA512 string
	ChecksumXXHASH64, ChecksumXXHASH3, ChecksumXXHASH128                                                        string
}

// sums are the checksums that a list of parts gives, by algorithm.
func (a *completedPart) sums() map[string]string {
	return map[string]string{
		crc32Sum: a.ChecksumCRC32, crc32cSum: a.ChecksumCRC32C, crc64Sum: a.ChecksumCRC64NVME, md5Sum: a.ChecksumMD5,
		sha1Sum: a.ChecksumSHA1, sha256Sum: a.ChecksumSHA256, sha512Sum: a.ChecksumSHA512,
		xx64Sum: a.ChecksumXXHASH64, xx3Sum: a.ChecksumXXHASH3, xx128Sum: a.ChecksumXXHASH128,
	}
}

// check compares the checksum of a part in the list with that of the part.
func (a *completedPart) check(u *upload, p part) error {
	given := 0
	for algorithm, value := range a.sums() {
		if value == "" {
			continue
		}
		if given++; given > 1 || !validSum(algorithm, value) {
			return invalidArgument("Checksum", value, "Invalid Base64 or multiple checksums present in request")
		}
	}
	for algorithm, value := range a.sums() {
		switch {
		case value == "":
			if algorithm == u.Algorithm && u.Type == composite && !u.Default {
				return invalidRequest("The upload was created using a " + strings.ToLower(u.Algorithm) +
					" checksum. The complete request must include the checksum for each part. It was missing for part " + strconv.Itoa(p.Number) + " in the request.")
			}
		case algorithm == p.Sum.Algorithm && value != p.Sum.Value:
			return invalidPart(u.ID, *a.PartNumber, *a.ETag)
		case algorithm != p.Sum.Algorithm && !u.Default:
			return bad("BadDigest", "The "+strings.ToLower(algorithm)+" you specified for part "+strconv.Itoa(p.Number)+" did not match what we received.")
		}
	}
	return nil
}

// complete does it. The key's turn is held.
func (c *call) complete(asked *completion, w *waste) (*object, error) {
	there, err := c.s.latest(c.ctx, c.bucket.id, c.key)
	if err != nil {
		return nil, err
	}
	u, err := c.findUpload()
	if err != nil {
		if there != nil && there.Upload != "" && there.Upload == c.param("uploadId") {
			return there, nil
		}
		return nil, err
	}
	if err := readConditions(c.r.Header, "").forWriting(c.key, there); err != nil {
		return nil, err
	}
	parts, err := c.chosen(u, asked, w)
	if err != nil {
		return nil, err
	}
	o := &object{
		Modified: c.s.now(), PartCount: len(parts), Header: u.Header, Meta: u.Meta, Tags: u.Tags, Owner: u.Owner,
		Upload: u.ID, Parts: c.s.rows.Add(1),
	}
	o.Lock = c.bucket.lockFor(u.Lock, o.Modified)
	if err := c.sumUp(u, o, parts); err != nil {
		return nil, err
	}
	var batch kv.Batch
	batch.Set(numbered(kindParts, o.Parts), encode(parts))
	batch.Delete(uploadKey(c.bucket.id, c.key, u.Seq))
	if err := c.s.install(c.ctx, c.bucket, c.key, o, &batch, w); err != nil {
		return nil, err
	}
	w.addTo(&batch)
	return o, c.s.commit(c.ctx, &batch)
}

// chosen finds the parts that were asked for and checks them; the others go.
func (c *call) chosen(u *upload, asked *completion, w *waste) (parts []part, err error) {
	stored := map[int]part{}
	err = c.s.readParts(c.ctx, u, 0, func(p part) bool {
		stored[p.Number] = p
		return true
	})
	if err != nil {
		return nil, err
	}
	last := 0
	for _, a := range asked.Part {
		switch {
		case a.PartNumber == nil || a.ETag == nil:
			return nil, malformedXML()
		case *a.PartNumber < 1:
			return nil, invalidArgument("PartNumber", strconv.Itoa(*a.PartNumber), "PartNumber must be >= 1")
		case *a.PartNumber <= last:
			return nil, invalidPartOrder(u.ID)
		}
		last = *a.PartNumber
	}
	for i, a := range asked.Part {
		p, ok := stored[*a.PartNumber]
		if !ok || strings.Trim(*a.ETag, `"`) != p.ETag {
			return nil, invalidPart(u.ID, *a.PartNumber, *a.ETag)
		}
		if err := a.check(u, p); err != nil {
			return nil, err
		}
		if p.Size < minPart && i < len(asked.Part)-1 {
			return nil, tooSmall(p.Size, p.Number, p.ETag)
		}
		parts = append(parts, p)
	}
	kept := map[int]bool{}
	for _, p := range parts {
		kept[p.Number] = true
	}
	for number, p := range stored {
		w.keys = append(w.keys, partKey(u.Seq, number))
		if !kept[number] {
			w.add(p.Pieces...)
		}
	}
	return parts, nil
}

// sumUp computes entity tag, size and checksum of the whole.
func (c *call) sumUp(u *upload, o *object, parts []part) error {
	digest := md5.New()
	values, sizes := make([]string, len(parts)), make([]int64, len(parts))
	for i, p := range parts {
		raw, err := hex.DecodeString(p.ETag)
		if err != nil {
			return fmt.Errorf("the entity tag of a part: %w", err)
		}
		_, _ = digest.Write(raw)
		values[i], sizes[i] = p.Sum.Value, p.Size
		o.Size += p.Size
	}
	if o.Size > maxObject {
		return tooLarge(o.Size, maxObject)
	}
	count := "-" + strconv.Itoa(len(parts))
	o.ETag = hex.EncodeToString(digest.Sum(nil)) + count
	o.Sum = checksum{Algorithm: u.Algorithm, Type: u.Type}
	var ok bool
	if u.Type == composite {
		o.Sum.Value, ok = composeSums(u.Algorithm, values)
		o.Sum.Value += count
	} else {
		o.Sum.Value, ok = joinSums(u.Algorithm, values, sizes)
	}
	if !ok {
		return errors.New("the checksum of a part cannot be read")
	}
	return c.checkWhole(u, o)
}

// checkWhole compares the whole with what the client says of it.
func (c *call) checkWhole(u *upload, o *object) error {
	h := c.r.Header
	if text := h.Get("X-Amz-Mp-Object-Size"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil:
			return invalidRequest("Value for x-amz-mp-object-size header is invalid: '" + text + "'")
		case n < 0:
			return invalidRequest("Value for x-amz-mp-object-size header is less than zero: '" + text + "'")
		case n != o.Size:
			return invalidRequest(fmt.Sprintf("The provided 'x-amz-mp-object-size' header value %d does not match what was computed: %d", n, o.Size))
		}
	}
	if kind := strings.ToUpper(h.Get("X-Amz-Checksum-Type")); kind != "" && kind != u.Type {
		if kind != fullObject && kind != composite {
			return invalidRequest("Value for x-amz-checksum-type header is invalid.")
		}
		return invalidRequest("The upload was created using the " + u.Type + " checksum mode. The complete request must use the same checksum mode.")
	}
	if u.Default {
		return nil // of an upload without a choice the service looks at its own checksum only
	}
	for _, algorithm := range algorithms() {
		value := h.Get(sumHeader(algorithm))
		if value == "" {
			continue
		}
		if algorithm == u.Algorithm && value != o.Sum.Value && value+"-"+strconv.Itoa(o.PartCount) != o.Sum.Value {
			return badChecksum(algorithm)
		}
	}
	return nil
}
