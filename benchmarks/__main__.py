"""Run the benchmarks by name, or all of them: `python -m benchmarks [NAME …]`; the names are in `NAMES`."""

import importlib
import sys

NAMES = ("consult", "turns", "headless", "replay", "storage", "growth", "workers")


def main() -> int:
    """Run what is named on the command line."""
    wanted = sys.argv[1:] or NAMES
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in wanted:
        print(f"\n{name}")
        for line in importlib.import_module(f"benchmarks.{name}").run():
            print(f"  {line}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
