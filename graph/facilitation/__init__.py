"""Understanding people and wording advice: one protocol, guided and model-backed."""
