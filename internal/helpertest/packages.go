package helpertest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"testing"
)

// The registries of several tools, each with one empty package, version 1.0.0. Its name is dep if the tool allows that.

// An entry is a file in an archive.
type entry struct{ name, content string }

func zipped(t *testing.T, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e.name)
		if err == nil {
			_, err = io.WriteString(w, e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarball(t *testing.T, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	compressed := gzip.NewWriter(&b)
	archive := tar.NewWriter(compressed)
	for _, e := range entries {
		err := archive.WriteHeader(&tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.content))})
		if err == nil {
			_, err = io.WriteString(archive, e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// GoModule is a Go module as module proxies serve it, below each of the roots.
func GoModule(t *testing.T, module string, roots ...string) Files {
	t.Helper()
	gomod := "module " + module + "\n\ngo 1.24\n"
	files := Files{}
	for _, root := range roots {
		at := root + module + "/@v/v1.0.0."
		files[at+"info"], files[at+"mod"] = `{"Version":"v1.0.0"}`, gomod
		files[at+"zip"] = zipped(t, entry{module + "@v1.0.0/go.mod", gomod})
	}
	return files
}

// Crate is the crate dep in a sparse registry, whose index is url + "/index/".
func Crate(t *testing.T, url string) Files {
	t.Helper()
	crate := tarball(t,
		entry{"dep-1.0.0/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"1.0.0\"\nedition = \"2021\"\n"},
		entry{"dep-1.0.0/src/lib.rs", ""})
	sum := sha256.Sum256([]byte(crate))
	return Files{
		"/index/config.json":            `{"dl":"` + url + `/dl","api":"` + url + `","auth-required":true}`,
		"/index/3/d/dep":                `{"name":"dep","vers":"1.0.0","deps":[],"features":{},"yanked":false,"cksum":"` + hex.EncodeToString(sum[:]) + `"}`,
		"/dl/dep/1.0.0/download":        crate,
		"/api/v1/crates/dep/1.0.0/yank": `{"ok":true}`,
	}
}

// Wheel is the Python package dep. Its index is /simple/, and WheelFile the file there.
func Wheel(t *testing.T) Files {
	t.Helper()
	return Files{
		"/simple/dep/": `<!DOCTYPE html><a href="/files/` + WheelFile + `">` + WheelFile + `</a>`,
		"/files/" + WheelFile: zipped(t,
			entry{"dep.py", ""},
			entry{"dep-1.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: dep\nVersion: 1.0.0\n"},
			entry{"dep-1.0.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
			entry{"dep-1.0.0.dist-info/RECORD", ""}),
	}
}

// WheelFile is what pip downloads.
const WheelFile = "dep-1.0.0-py3-none-any.whl"

// NpmPackage is the package dep in the npm registry at url.
func NpmPackage(t *testing.T, url string) Files {
	t.Helper()
	packed := tarball(t, entry{"package/package.json", `{"name":"dep","version":"1.0.0"}`})
	sum := sha512.Sum512([]byte(packed))
	return Files{
		"/dep/-/dep-1.0.0.tgz": packed,
		"/dep": `{"name":"dep","dist-tags":{"latest":"1.0.0"},"time":{"1.0.0":"2020-01-01T00:00:00.000Z"},"versions":{"1.0.0":{"name":"dep","version":"1.0.0","dist":{` +
			`"tarball":"` + url + `/dep/-/dep-1.0.0.tgz","integrity":"sha512-` + base64.StdEncoding.EncodeToString(sum[:]) + `"}}}}`,
	}
}

// TerraformModule is the module HOST/team/mod/test of a private registry. Its source is below /public/, which terraform
// fetches with another client, without the token.
func TerraformModule(t *testing.T, host string) http.Handler {
	t.Helper()
	files := Files{
		"/.well-known/terraform.json":        `{"modules.v1":"/v1/modules/"}`,
		"/v1/modules/team/mod/test/versions": `{"modules":[{"versions":[{"version":"1.0.0"}]}]}`,
		"/public/mod.zip":                    zipped(t, entry{"main.tf", "output \"x\" { value = 1 }\n"}),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/modules/team/mod/test/1.0.0/download" {
			w.Header().Set("X-Terraform-Get", "https://"+host+"/public/mod.zip")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		files.ServeHTTP(w, r)
	})
}
