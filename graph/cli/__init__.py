"""The command line and the terminal conversation."""
