"""Security diagnostics and fixes for Kubernetes manifests, while they are being written."""

__version__ = "0.1.0"
