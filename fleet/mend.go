package fleet

import "errors"

// mended is what is told of a call's failure: with the command that mends it, where an administrator can. about is
// the published Secret; nil: it is the state's, or the Lease.
func mended(err error, namespace string, about *Publication) string {
	said := err.Error()
	create := "credential-idcs-controller manifests --secrets --config FILE --namespace " + namespace + " | kubectl create -f -"
	switch {
	case errors.Is(err, ErrForbidden):
		if about != nil {
			said += ", or no namespace " + about.Namespace
		}
		return said + "; run: credential-idcs-controller manifests --config FILE --namespace " + namespace +
			" --image IMAGE | kubectl apply --server-side --force-conflicts -f -"
	case errors.Is(err, ErrMissing):
		return said + "; run: " + create
	case errors.Is(err, errOtherType) && about != nil:
		return said + "; run: kubectl -n " + about.Namespace + " delete secret " + about.Name + "; " + create
	}
	return said
}
