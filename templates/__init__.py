"""What the specialist writes: Jinja2 templates, read with importlib.resources."""
