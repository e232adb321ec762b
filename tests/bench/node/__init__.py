"""What the other engines take for the same work: bpmn-engine and feelin, under Node.

They are fetched from npm, in exact versions, into a folder that is thrown away.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any

from tests.bench.figures import not_run

VERSIONS = ("bpmn-engine@25.0.1", "feelin@8.2.0")
PATIENCE = 45
"""Seconds to install, and to measure: theirs may be slow, and should not hold ours up."""


@cache
def _folder() -> TemporaryDirectory[str] | None:
    """A folder with both installed; None where there is no Node or npm does not answer."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None
    folder = TemporaryDirectory(prefix="ebg-bench-node-")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *VERSIONS]
    quiet = ["--loglevel=error", f"--prefix={folder.name}"]
    Path(folder.name, "package.json").write_text("{}")
    try:
        subprocess.run(
            [*command, *quiet], check=True, timeout=PATIENCE, capture_output=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        folder.cleanup()
        return None
    return folder


def measured(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Their figures on these files; none, and a line that says so, when they cannot be had."""
    folder = _folder()
    if folder is None:
        not_run(" and ".join(VERSIONS), "node is missing, or npm does not answer")
        return []
    for name, content in files.items():
        Path(folder.name, name).write_bytes(content)
    script = Path(__file__).with_name("peers.mjs")
    done = subprocess.Popen(
        ["node", script, folder.name], stdout=subprocess.PIPE, text=True
    )
    stop = Timer(PATIENCE, done.kill)
    stop.start()
    lines = [json.loads(line) for line in done.stdout or ()]
    stop.cancel()
    if done.wait() > 0:
        not_run("the rest of the peers", "they stopped on an error")
    return lines
