"""The benchmark: `python -m tests.benchmarks`. README.md beside this file says what it measures."""

import argparse

from tests.benchmarks.manifests import manifests
from tests.benchmarks.scenarios import SCENARIOS, Options


def main() -> None:
    """Run the scenarios that were asked for, and print each table as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", choices=SCENARIOS, action="append", help="a scenario; may be repeated"
    )
    parser.add_argument(
        "--manifest", default="", help="only the manifests whose name contains this: 4,000"
    )
    parser.add_argument("--rounds", type=int, default=1, help="how often all is measured")
    arguments = parser.parse_args()
    chosen = [each for each in manifests() if arguments.manifest in each.name]
    if not chosen:
        parser.error(f"no manifest's name contains {arguments.manifest}")
    for name in arguments.only or SCENARIOS:
        for table in SCENARIOS[name](Options(arguments.rounds, chosen)):
            print(f"\n{table}", end="", flush=True)


if __name__ == "__main__":
    main()
