package i18n

import "io/fs"

// SetCatalogues replaces the catalogues, and returns the previous ones.
func SetCatalogues(with fs.FS) (was fs.FS) {
	was, catalogues = catalogues, with
	return was
}
