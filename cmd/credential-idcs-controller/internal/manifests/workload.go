package manifests

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func selector() *metav1.LabelSelector { return &metav1.LabelSelector{MatchLabels: labels()} }

func (p *Plan) deployment() *appsv1.Deployment {
	replicas := p.Replicas
	m := metav1.ObjectMeta{Labels: labels(), Annotations: map[string]string{"credential-idcs/config": p.digest()}}
	return &appsv1.Deployment{
		TypeMeta: kind("apps/v1", "Deployment"), ObjectMeta: meta(p.Namespace, Name),
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: selector(),
			Template: corev1.PodTemplateSpec{ObjectMeta: m, Spec: p.pod()},
		},
	}
}

func (p *Plan) pod() corev1.PodSpec {
	yes, id, grace := true, user, int64(120) // an answer in memory is saved first, whatever the API does
	return corev1.PodSpec{
		ServiceAccountName: Name, AutomountServiceAccountToken: &yes,
		TerminationGracePeriodSeconds: &grace,
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: &yes, RunAsUser: &id, RunAsGroup: &id, FSGroup: &id,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Affinity: &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{
				Weight:          100,
				PodAffinityTerm: corev1.PodAffinityTerm{LabelSelector: selector(), TopologyKey: corev1.LabelHostname},
			}},
		}},
		Containers: []corev1.Container{p.container()},
		Volumes:    []corev1.Volume{p.volume()},
	}
}

func (p *Plan) container() corev1.Container {
	no, yes := false, true
	c := corev1.Container{
		Name: "controller", Image: p.Image,
		Args: []string{"run", "--config", Folder + "/config.toml", "--listen", ""},
		Env: []corev1.EnvVar{
			{Name: "POD_NAMESPACE", ValueFrom: field("metadata.namespace")},
			{Name: "POD_NAME", ValueFrom: field("metadata.name")},
		},
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
			Limits:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("128Mi")},
		},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
		VolumeMounts: []corev1.VolumeMount{{Name: "config", MountPath: Folder, ReadOnly: true}},
	}
	if p.Port == 0 {
		return c
	}
	c.Args[len(c.Args)-1] = fmt.Sprintf(":%d", p.Port)
	c.Ports = []corev1.ContainerPort{{Name: "metrics", ContainerPort: p.Port}}
	c.LivenessProbe, c.ReadinessProbe = probe("/healthz"), probe("/readyz")
	return c
}

func field(path string) *corev1.EnvVarSource {
	return &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}
}

func probe(path string) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("metrics")}},
		PeriodSeconds: 10, TimeoutSeconds: 5,
	}
}

// volume is the configuration and the files that it names, in one folder: root's, readable by the group
// of the pod alone, as internal/config wants a key to be.
func (p *Plan) volume() corev1.Volume {
	mode := int32(0o440)
	sources := []corev1.VolumeProjection{{ConfigMap: &corev1.ConfigMapProjection{
		LocalObjectReference: corev1.LocalObjectReference{Name: Name},
	}}}
	if len(p.Files) > 0 {
		var items []corev1.KeyToPath
		for _, f := range p.Files {
			items = append(items, corev1.KeyToPath{Key: f.Key, Path: f.Path})
		}
		sources = append(sources, corev1.VolumeProjection{Secret: &corev1.SecretProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: filesSecret}, Items: items,
		}})
	}
	return corev1.Volume{Name: "config", VolumeSource: corev1.VolumeSource{
		Projected: &corev1.ProjectedVolumeSource{DefaultMode: &mode, Sources: sources},
	}}
}

// budget allows one pod at a time to be evicted, also if there is only one.
func (p *Plan) budget() *policyv1.PodDisruptionBudget {
	one := intstr.FromInt32(1)
	return &policyv1.PodDisruptionBudget{
		TypeMeta: kind("policy/v1", "PodDisruptionBudget"), ObjectMeta: meta(p.Namespace, Name),
		Spec: policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &one, Selector: selector()},
	}
}

// network lets the pods look up names, reach the API server and the domains, and serve metrics and probes.
func (p *Plan) network() *networkingv1.NetworkPolicy {
	tcp, udp := corev1.ProtocolTCP, corev1.ProtocolUDP
	port := func(protocol *corev1.Protocol, n int32) networkingv1.NetworkPolicyPort {
		v := intstr.FromInt32(n)
		return networkingv1.NetworkPolicyPort{Protocol: protocol, Port: &v}
	}
	ports := append([]int32{443, 6443}, p.Egress...)
	slices.Sort(ports)
	out := []networkingv1.NetworkPolicyPort{port(&udp, 53), port(&tcp, 53)}
	for _, n := range slices.Compact(ports) {
		out = append(out, port(&tcp, n))
	}
	n := &networkingv1.NetworkPolicy{
		TypeMeta: kind("networking.k8s.io/v1", "NetworkPolicy"), ObjectMeta: meta(p.Namespace, Name),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: *selector(),
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{Ports: out}},
		},
	}
	if p.Metadata {
		n.Spec.Egress = append(n.Spec.Egress, networkingv1.NetworkPolicyEgressRule{
			Ports: []networkingv1.NetworkPolicyPort{port(&tcp, 80)},
			To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "169.254.169.254/32"}}},
		})
	}
	if p.Port != 0 {
		n.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{port(&tcp, p.Port)}}}
	}
	return n
}
