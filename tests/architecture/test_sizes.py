"""Files, functions and rooms stay small, and what may happen in one place only happens there."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "bots", "worker", "cdn", "config")
FILE_LINES_MAX = 350
FUNCTION_LINES_MAX = 70
ROOM_FILES_MAX = 14


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_files_have_at_most_350_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in modules(*ROOMS, "tests")
        if (n := len(p.read_text().splitlines())) > FILE_LINES_MAX
    }
    assert not long


def test_functions_have_at_most_70_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules(*ROOMS, "tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert not long


def test_rooms_have_at_most_14_files() -> None:
    files = Counter(str(p.parent.relative_to(ROOT)) for p in modules(*ROOMS) if p.name != "__init__.py")
    crowded = {room: n for room, n in files.items() if n > ROOM_FILES_MAX and "migrations" not in room}
    assert not crowded


def test_only_the_unit_of_work_commits() -> None:
    pattern = re.compile(r"\.commit\(|\"COMMIT\"|'COMMIT'")
    # The wire says it to the server; it is the unit of work that has it said.
    stores = {"sqlite": ("group", "wire"), "postgres": ("unit_of_work", "wire")}
    allowed = {f"core/store/{store}/{name}.py" for store, names in stores.items() for name in names}
    found = {
        str(path.relative_to(ROOT))
        for path in modules(*ROOMS)
        if "migrations" not in path.parts and pattern.search(path.read_text(encoding="utf-8"))
    }
    assert found <= allowed


def test_nothing_in_the_project_names_the_shared_folder_or_imports_tests() -> None:
    shared = re.compile(r"\.\./shared|/work/")
    for path in [*modules(*ROOMS, "tests"), *ROOT.glob("*.md"), *ROOT.glob("*/**/README.md")]:
        if ".venv" in path.parts or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        assert not shared.search(text), path
        if path.parts[len(ROOT.parts)] in ROOMS:
            assert not re.search(r"^\s*(from|import) tests\b", text, re.MULTILINE), path


def test_every_module_says_in_one_docstring_why_it_is_there() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules(*ROOMS)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent
