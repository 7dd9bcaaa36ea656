package terraform

import (
	"path/filepath"
	"runtime"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// files are the paths of Terraform, or OpenTofu.
type files struct {
	file   string // its configuration
	named  bool   // file is from a variable: then it reads no other file
	folder string // of its other configuration files, and of stored tokens
	link   string // of a credentials helper
}

// findTerraform: "Locations" in https://developer.hashicorp.com/terraform/cli/config/config-file
func findTerraform(env tool.Env) (files, error) {
	var t files
	file, folder := ".terraformrc", ".terraform.d"
	parent, err := env.InHome()
	if runtime.GOOS == "windows" {
		file, folder = "terraform.rc", "terraform.d"
		parent, err = env.Folder("AppData")
	}
	if err != nil {
		return t, err
	}
	t.file, t.folder = filepath.Join(parent, file), filepath.Join(parent, folder)
	for _, variable := range []string{"TERRAFORM_CONFIG", "TF_CLI_CONFIG_FILE"} { // the last one counts
		if f := env.Get(variable); f != "" {
			t.file, t.named = env.Abs(f), true
		}
	}
	t.link = filepath.Join(t.folder, "plugins", tool.Exe(terraformHelper))
	return t, nil
}

// findTofu finds OpenTofu's (internal/command/cliconfig of https://github.com/opentofu/opentofu): a file of its own unless
// only Terraform's exists, and XDG folders if there is no ~/.terraform.d.
func findTofu(env tool.Env) (files, error) {
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
		config, data = env.Get("XDG_CONFIG_HOME"), env.Get("XDG_DATA_HOME")
	}
	switch {
	case t.named, !edit.Exists(own) && edit.Exists(t.file):
	case !edit.Exists(own) && filepath.IsAbs(config):
		t.file = filepath.Join(config, "opentofu", "tofurc")
	default:
		t.file = own
	}
	if edit.Exists(t.folder) {
		return t, nil
	}
	if filepath.IsAbs(config) {
		t.folder = filepath.Join(config, "opentofu")
	}
	if filepath.IsAbs(data) {
		t.link = filepath.Join(data, "opentofu", "plugins", tool.Exe(terraformHelper))
	}
	return t, nil
}
