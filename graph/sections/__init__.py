"""One file for each numbered section of the specification, and the registry that lists them."""
