package command

import (
	"net/url"
	"strings"
)

// FilePath returns the path in a file URL (RFC 8089), which a desktop pastes
// for a file that is dropped on a terminal. Any other name is returned
// unchanged, including a URL with a query, a fragment, or a host other than
// localhost.
func FilePath(name string) string {
	if len(name) < len("file:///") || !strings.EqualFold(name[:len("file://")], "file://") {
		return name
	}
	u, err := url.Parse(name)
	if err != nil || u.Host != "" && u.Host != "localhost" || u.RawQuery != "" || u.Fragment != "" || strings.Contains(u.Path, "\x00") {
		return name
	}
	if isDrive(u.Path) {
		return u.Path[1:]
	}
	return u.Path
}

// isDrive reports whether a path of a URL begins with a drive letter of
// Windows, as in "/C:/Users".
func isDrive(path string) bool {
	return len(path) >= 4 && path[0] == '/' && path[2] == ':' && path[3] == '/' && (path[1]|0x20) >= 'a' && (path[1]|0x20) <= 'z'
}
