//go:build tools

// Package tools makes the program that is built from this module a part of its go.mod.
package tools

import _ "k8s.io/kubernetes/cmd/kube-apiserver"
