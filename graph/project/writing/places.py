"""Where this step writes, relative to the project folder."""

PHASE_FOLDER = "phase-2-training"
SPEC_PATH = f"{PHASE_FOLDER}/training-spec.md"
CONFIG_FOLDER = f"{PHASE_FOLDER}/training-config"
SIDECAR_PATH = "sidecar.yaml"
LOG_PATH = "decision-log.md"
