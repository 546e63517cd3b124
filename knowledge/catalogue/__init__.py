"""Base models, GPUs and prices, each figure with date and source: data for the planner and the knowledge server."""
