"""CPU seconds of `import sterling` and `sterling --help`, beside a bare interpreter. Goal: under half a second each."""

import resource
import statistics
import subprocess
import sys

COMMANDS = {
    "bare python": ["-c", "pass"],
    "import sterling": ["-c", "import sterling"],
    "sterling --help": ["-m", "sterling", "--help"],
}


def cpu(arguments: list[str]) -> float:
    """CPU seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Interleave the commands, print medians."""
    runs: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(11):
        for name, arguments in COMMANDS.items():
            runs[name].append(cpu(arguments))
    for name, spent in runs.items():
        print(f"{name:<16} {statistics.median(spent):.3f} CPU s (min {min(spent):.3f}, max {max(spent):.3f}, n = 11)")


if __name__ == "__main__":
    main()
