"""What handing out a task costs, by each engine.

    python -m benchmarks.tasks [--tasks 2000] [--workers 2]

Tasks that do nothing go through the local engine and, where Ray is installed, through one node of it. Wall time and the
driver's own CPU time for each task; workers are started before the clock.
"""

import argparse
import importlib.util
import time

from sterling.engine.crew import Crew
from sterling.engine.local import LocalCrew


def measured(name: str, crew: Crew, tasks: int) -> None:
    """One line of the table."""
    with crew:
        list(crew.map(abs, range(100)))
        wall, cpu = time.perf_counter(), time.process_time()
        done = sum(1 for _ in crew.map(abs, range(tasks)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| `{name}` | {1000 * wall / done:.2f} ms a task | {1000 * cpu / done:.2f} ms |")


def main() -> None:
    """Both engines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    print("| engine | wall | of the driver's processor |\n|---|---|---|")
    measured("local", LocalCrew(asked.workers), asked.tasks)
    if importlib.util.find_spec("ray") is None:
        print("(no Ray here)")
        return
    from sterling.engine.ray import RayCrew  # noqa: PLC0415 - an extra

    measured("ray", RayCrew(None, asked.workers), asked.tasks)


if __name__ == "__main__":
    main()
