// Package cluster runs kubectl, helm, a client-go program and a part of the kubelet as a person or a node
// would, against the API server of e2e/rig/cluster.
package cluster
