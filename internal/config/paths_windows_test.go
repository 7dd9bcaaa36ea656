package config

import "testing"

// A path in the configuration is what Windows' programs take it for.
func TestPathsOfWindows(t *testing.T) {
	for _, conf := range []string{`C:\conf`, `\\server\share\conf`, `\\?\C:\conf`} {
		volume := map[string]string{`C:\conf`: `C:`, `\\server\share\conf`: `\\server\share`, `\\?\C:\conf`: `\\?\C:`}[conf]
		pl := place{conf, Places{Home: `D:\Users\ana`}}
		for written, want := range map[string]string{
			`key.pem`:                  conf + `\key.pem`,
			`keys/it's a & b.pem`:      conf + `\keys\it's a & b.pem`,
			`..\key.pem`:               volume + `\key.pem`,
			`~/key.pem`:                `D:\Users\ana\key.pem`,
			`~\keys\key.pem`:           `D:\Users\ana\keys\key.pem`,
			`~key.pem`:                 conf + `\~key.pem`,
			`\pki\ca.pem`:              volume + `\pki\ca.pem`,
			`/pki/ca.pem`:              volume + `\pki\ca.pem`,
			`E:\pki\ca.pem`:            `E:\pki\ca.pem`,
			`E:/PROGRA~1/ca.pem`:       `E:\PROGRA~1\ca.pem`,
			`\\server\pki\a\ca.pem`:    `\\server\pki\a\ca.pem`,
			`\\?\E:\pki\ca.pem`:        `\\?\E:\pki\ca.pem`,
			`\\?\UNC\server\pki\a.pem`: `\\?\UNC\server\pki\a.pem`,
		} {
			if got := pl.path(written).Full; got != want {
				t.Errorf("%s in %s: %s, want %s", written, conf, got, want)
			}
		}
		// The folder that drive C is in at the moment is nobody's to choose.
		if _, err := ReadPublic(pl.path(`C:ca.pem`)); err == nil {
			t.Errorf("C:ca.pem in %s was read", conf)
		}
	}
}
