"""The command line: `fine-tuning-specialist`. Nothing heavy is imported before a command needs it."""
