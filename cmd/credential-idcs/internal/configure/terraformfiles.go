package configure

import (
	"path/filepath"
	"runtime"
)

// A terraform is where Terraform, or OpenTofu, looks.
type terraform struct {
	file   string // its configuration
	named  bool   // by a variable: then it reads no other file
	folder string // where other files of its configuration may lie, and stored tokens
	link   string // where it finds a credentials helper
}

// findTerraform: "Locations" in https://developer.hashicorp.com/terraform/cli/config/config-file
func findTerraform(env Env) (terraform, error) {
	var t terraform
	file, folder := ".terraformrc", ".terraform.d"
	parent, err := env.home()
	if runtime.GOOS == "windows" {
		file, folder = "terraform.rc", "terraform.d"
		parent, err = env.folder("AppData")
	}
	if err != nil {
		return t, err
	}
	t.file, t.folder = filepath.Join(parent, file), filepath.Join(parent, folder)
	for _, variable := range []string{"TERRAFORM_CONFIG", "TF_CLI_CONFIG_FILE"} { // the last one counts
		if f := env.get(variable); f != "" {
			t.file, t.named = env.abs(f), true
		}
	}
	t.link = filepath.Join(t.folder, "plugins", exe(terraformHelper))
	return t, nil
}

// findTofu is OpenTofu's (internal/command/cliconfig of https://github.com/opentofu/opentofu): a file of
// its own unless only Terraform's is there, and folders of XDG where there is no ~/.terraform.d.
func findTofu(env Env) (terraform, error) {
	t, err := findTerraform(env)
	if err != nil {
		return t, err
	}
	own := filepath.Join(filepath.Dir(t.folder), ".tofurc")
	if runtime.GOOS == "windows" {
		own = filepath.Join(filepath.Dir(t.folder), "tofu.rc")
	}
	config, data := "", ""
	if runtime.GOOS != "windows" {
		config, data = env.get("XDG_CONFIG_HOME"), env.get("XDG_DATA_HOME")
	}
	switch {
	case t.named, !exists(own) && exists(t.file):
	case !exists(own) && filepath.IsAbs(config):
		t.file = filepath.Join(config, "opentofu", "tofurc")
	default:
		t.file = own
	}
	if exists(t.folder) {
		return t, nil
	}
	if filepath.IsAbs(config) {
		t.folder = filepath.Join(config, "opentofu")
	}
	if filepath.IsAbs(data) {
		t.link = filepath.Join(data, "opentofu", "plugins", exe(terraformHelper))
	}
	return t, nil
}
