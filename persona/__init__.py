"""Who the specialist is: data, read with importlib.resources."""
