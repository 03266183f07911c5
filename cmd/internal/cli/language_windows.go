package cli

import win "golang.org/x/sys/windows"

// platformLanguage returns the language of the Windows user interface.
func platformLanguage() string {
	langs, err := win.GetUserPreferredUILanguages(win.MUI_LANGUAGE_NAME)
	if err != nil || len(langs) == 0 {
		return ""
	}
	return langs[0]
}
