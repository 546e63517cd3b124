"""The files of the surrounding workflow: reading them, and writing ours."""
