"""One neutral design exported to the trainers."""
