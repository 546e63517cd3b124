"""What is measured, each against what a user would pick instead, in one run: `python -m benchmarks [NAME …]`."""
