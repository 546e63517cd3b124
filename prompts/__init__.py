"""What the specialist says and asks, section by section, and its queries: data, read with importlib.resources."""
