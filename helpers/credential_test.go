package helpers

import (
	"reflect"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// S52: what may leave the program has one secret, and no place for a refresh token.
func TestCredentialHasNoPlaceForARefreshToken(t *testing.T) {
	secrets := 0
	var walk func(reflect.Type, string)
	walk = func(typ reflect.Type, path string) {
		if strings.Contains(strings.ToLower(path), "refresh") {
			t.Errorf("there is %s", path)
		}
		switch {
		case typ == reflect.TypeFor[secret.Text]():
			secrets++
		case typ.Kind() == reflect.Struct && typ.PkgPath() != "time":
			for i := range typ.NumField() {
				walk(typ.Field(i).Type, path+"."+typ.Field(i).Name)
			}
		case typ.Kind() == reflect.Map, typ.Kind() == reflect.Interface, typ.Kind() == reflect.Slice, typ.Kind() == reflect.Pointer:
			t.Errorf("%s is a %s, which may hold anything", path, typ.Kind())
		}
	}
	walk(reflect.TypeFor[Credential](), "Credential")
	if secrets != 1 {
		t.Errorf("%d secrets, want 1", secrets)
	}
}
