package s3

import "testing"

func TestGetObjectLockConfiguration(t *testing.T) {
	w := begin(t).versioned("history")
	w.put("/history?object-lock", "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>2</Years></DefaultRetention></Rule></ObjectLockConfiguration>")
	w.open()
	w.get("/history?object-lock").ok().has("<Mode>COMPLIANCE</Mode><Years>2</Years>")
}
