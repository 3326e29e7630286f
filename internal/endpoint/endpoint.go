// Package endpoint reads the addresses of services elsewhere that settings name.
package endpoint

import (
	"fmt"
	"net/url"
)

// Parse reads the URL of a service: http or https, a host, perhaps a path, and
// nothing else. The error shows the text and an example of a right one.
func Parse(text, example string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%q is not a URL such as %s", text, example)
	}
	return u, nil
}
