"""What must stay true of the source, whoever writes it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("engine", "forms", "connectors", "workflows", "web")
LONGEST = 320
"""Lines in one file, with a little mercy: about 300."""


def sources() -> list[Path]:
    return [
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "versions" not in path.parts and "node_modules" not in path.parts
    ]


def test_only_the_transaction_commits() -> None:
    """The database of the office; sandboxes and caches of partners keep files of their own."""
    commits = re.compile(r"\bsession\.commit\(")
    found = [
        str(path.relative_to(ROOT))
        for path in sources()
        if commits.search(path.read_text()) and path.parts[-1] != "transaction.py"
    ]
    assert found == []


def test_no_file_is_crowded() -> None:
    crowded = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text().splitlines())) > LONGEST
    }
    assert crowded == {}


def test_no_drawer_for_odds_and_ends() -> None:
    banned = {"utils", "util", "helpers", "helper", "managers", "manager", "base", "misc"}
    found = [
        str(p.relative_to(ROOT)) for p in sources() if {p.stem, p.parent.name} & banned
    ]
    assert found == []


def test_no_name_is_postponed() -> None:
    mark = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
    found = [str(p.relative_to(ROOT)) for p in sources() if mark.search(p.read_text())]
    assert found == []


def test_locks_name_no_registry() -> None:
    for name in ("package-lock.json", "requirements.lock"):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text
        assert "registry" not in text
        assert not re.search(r"https?://[^\"\s]*(npm|pypi|pythonhosted)", text), name


def test_every_module_says_what_it_promises() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.read_text().strip()
        and not path.read_text().lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []


def test_importers_keep_to_their_layer() -> None:
    tool = ROOT / ".venv" / "bin" / "lint-imports"
    if not tool.exists():
        pytest.skip("import-linter is not installed in .venv")
    done = subprocess.run([tool], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
