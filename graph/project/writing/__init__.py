"""Writing what the step leaves behind: specification, configuration, decision log and sidecar."""
