// Kubectl is the real kubectl, as k8s.io/kubernetes/cmd/kubectl has it, in a module that can be built
// by itself. .ci/run builds it where there is none: Debian's is too old for the version of the exec
// protocol that the program speaks.
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
