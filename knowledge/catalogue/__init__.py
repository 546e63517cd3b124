"""Base models, GPUs and prices with the date and source of each figure: data shared by the planner and the knowledge server."""
