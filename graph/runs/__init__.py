"""Checkpointed runs: where they are stored, who may write, how they are named."""
