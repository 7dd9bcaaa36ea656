package manifests

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/credential-idcs/credential-idcs/fleet"
)

// publishing is the name of the Role in a namespace that Secrets are published in. It differs from that
// of the controller's own, since both may be one namespace.
const publishing = Name + "-publish"

func (p *Plan) account() *corev1.ServiceAccount {
	no := false
	return &corev1.ServiceAccount{
		TypeMeta: kind("v1", "ServiceAccount"), ObjectMeta: meta(p.Namespace, Name), AutomountServiceAccountToken: &no,
	}
}

// role is for the Lease and the states. RBAC can't limit create to a name; to create another Lease gives nobody anything.
func (p *Plan) role() *rbacv1.Role {
	var states []string
	for _, profile := range p.profiles() {
		states = append(states, fleet.StateName(profile))
	}
	return &rbacv1.Role{
		TypeMeta: kind("rbac.authorization.k8s.io/v1", "Role"), ObjectMeta: meta(p.Namespace, Name),
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"create"}},
			{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, ResourceNames: []string{fleet.LeaseName}, Verbs: []string{"get", "update"}},
			secrets(states),
		},
	}
}

func (p *Plan) publishing(namespace string) *rbacv1.Role {
	var names []string
	for _, pub := range p.Publications {
		if pub.Namespace == namespace {
			names = append(names, pub.Name)
		}
	}
	slices.Sort(names)
	return &rbacv1.Role{
		TypeMeta: kind("rbac.authorization.k8s.io/v1", "Role"), ObjectMeta: meta(namespace, publishing),
		Rules: []rbacv1.PolicyRule{secrets(names)},
	}
}

func secrets(names []string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: names, Verbs: []string{"get", "update"}}
}

func (p *Plan) binding(namespace, role string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		TypeMeta: kind("rbac.authorization.k8s.io/v1", "RoleBinding"), ObjectMeta: meta(namespace, role),
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: Name, Namespace: p.Namespace}},
	}
}
