"""Many files: what their objects tell, and which of them belong together. Pure: values alone."""
