"""The policy in force for a cluster: what its API server can hold manifests to by itself."""
