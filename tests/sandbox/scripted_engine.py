"""Behaves like the command line of docker or podman, as far as Sterling uses it, and runs the relay as a plain process.

Read as text, and executed under the name of an engine. `script.json` beside it says what it is to play; what it was
called with goes to `calls.jsonl`. Folders are mounted with bubblewrap; nothing else of a container is there, so what
keeps code in during these tests is what the relay brings along.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
FLAGS = {"-i", "--rm", "--read-only", "--http-proxy=false"}
VALUES = {
    *("--name", "--pull", "--log-driver", "--entrypoint", "--network", "--tmpfs", "--memory", "--memory-swap"),
    *("--pids-limit", "--cpus", "--cap-drop", "--security-opt", "--user", "--userns", "--mount"),
}


def main() -> int:
    """Play the part."""
    script = json.loads((HOME / "script.json").read_text())
    with (HOME / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\n")
    match sys.argv[1:]:
        case ["image", "inspect", "--format", "{{.Id}}", image]:
            return (
                say("sha256:0123456789abcdef0123") if image in script["images"] else fail(f"no such image: {image}", 1)
            )
        case ["info"]:
            return say("fine") if script["awake"] else fail("Cannot connect to the daemon.", 1)
        case ["rm", "-f", name]:
            return remove(name)
        case ["run", *rest]:
            return run(script, rest)
    return fail(f"unknown command {sys.argv[1:]}", 125)


def run(script: dict[str, str], rest: list[str]) -> int:
    """As `docker run` does."""
    options: list[tuple[str, str]] = []
    while rest and rest[0].startswith("-"):
        name = rest.pop(0)
        if name not in FLAGS | VALUES:
            return fail(f"unknown flag: {name}", 125)
        options.append((name, rest.pop(0) if name in VALUES else ""))
    if script["refuses"]:
        return fail(script["refuses"], 125)
    command = [sys.executable, *[script["before"] + it if "import main" in it else it for it in rest[1:]]]
    process = subprocess.Popen([*walls(script, options), *command], env={"PATH": "/usr/bin:/bin"})
    (HOME / dict(options)["--name"]).write_text(str(process.pid))
    return process.wait()


def walls(script: dict[str, str], options: list[tuple[str, str]]) -> list[str]:
    """What shows the mounted folders; with `bare`, the machine's other files are not shown."""
    mounts = [dict(part.partition("=")[::2] for part in it.split(",")) for name, it in options if name == "--mount"]
    if not (mounts or script["bare"]):
        return []
    shown = ["/usr", "/lib", "/lib64", "/proc", sys.base_prefix] if script["bare"] else map(str, Path("/").iterdir())
    command = ["bwrap", *(("--unshare-net", "--dev", "/dev", "--tmpfs", "/tmp") if script["bare"] else ())]
    for path in shown:
        command += ["--dev-bind-try", path, path]
    if script["bare"]:
        command += ["--ro-bind", sys.executable, sys.executable, "--ro-bind-try", sys.prefix, sys.prefix]
    for mount in mounts:
        command += ["--ro-bind", mount["source"], mount["target"]]
    return [*command, "--"]


def remove(name: str) -> int:
    """End a container."""
    os.kill(int((HOME / name).read_text()), 9)
    return say(name)


def say(text: str) -> int:
    """On standard output."""
    sys.stdout.write(text + "\n")
    return 0


def fail(text: str, code: int) -> int:
    """On standard error."""
    sys.stderr.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
