"""The model-backed facilitator: a chat model words things and understands people; it decides nothing.

What it says is checked against what the run has recorded, what it understands passes through the same coercion as typed
values, and a model that fails gives way to the guided facilitator for that turn.
"""
