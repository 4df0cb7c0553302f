"""The rules of the house, checked on its source text."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEVELS = [
    ["errors"],
    ["pareto"],
    ["ir"],
    ["verilog", "tech"],
    ["timing"],
    ["proof", "sizing"],
    ["flow"],
    ["arith", "schedule", "egraph", "partition", "physical"],
    ["predict"],
    ["explore"],
    ["cli"],
]
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
BESIDE = {("verilog", "tech")}  # on one level, but RTL needs the external tools
HEAVY = ("torch", "numba", "matplotlib", "pyosys", "networkx", "pyverilog", "pysat", "jinja2", "typer", "rich")
CLI_ONLY = ("typer", "rich")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules():
    """Parsed source of every module of the package."""
    return {module_name(p): ast.parse(p.read_text(), p.name) for p in sorted((ROOT / "eda").rglob("*.py"))}


def imported(node):
    """Modules that an import statement names: of ``from a import b`` the module ``a.b`` if there is one, else ``a``."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative import"
        members = [f"{node.module}.{alias.name}" for alias in node.names]
        return [m if m in modules() else node.module for m in members]
    return []


def imports(tree, *, in_functions=True, for_types=True):
    """Imports of a module; those in functions run when called, those for the type checker never."""
    names, todo = [], list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not in_functions:
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and not for_types:
            continue
        names += imported(node)
        todo += ast.iter_child_nodes(node)
    return names


def room(name):
    parts = name.split(".")
    return parts[1] if parts[0] == "eda" and len(parts) > 1 else None


def test_rooms_import_only_what_lies_below_them():
    wrong = []
    for name, tree in modules().items():
        own = room(name)
        if own is None:
            wrong += [f"{name} imports {other}" for other in imports(tree) if other.startswith("eda.")]
            continue
        for other in filter(None, map(room, imports(tree))):
            if other in LEVEL and other != own and LEVEL[other] >= LEVEL[own] and (own, other) not in BESIDE:
                wrong.append(f"{name} imports eda.{other}")
    assert wrong == []


def test_every_room_has_its_level():
    rooms = {p.stem for p in (ROOT / "eda").iterdir() if p.is_dir() and p.name != "__pycache__"} | {"errors", "pareto"}
    assert rooms <= set(LEVEL)


def test_no_module_imports_itself_in_a_circle():
    known = modules()
    uses = {name: {o for o in imports(tree, for_types=False) if o in known and o != name} for name, tree in known.items()}
    state = {}

    def visit(name, path):
        assert state.get(name) != "open", " -> ".join([*path, name])
        if name not in state:
            state[name] = "open"
            for other in sorted(uses[name]):
                visit(other, [*path, name])
            state[name] = "done"

    for name in uses:
        visit(name, [])


def test_heavy_libraries_are_imported_where_they_are_used():
    """A module may import one of them at once only if nobody imports that module at once."""
    known = modules()
    eager = {name: imports(tree, in_functions=False, for_types=False) for name, tree in known.items()}
    for name, names in eager.items():
        heavy = {n.split(".")[0] for n in names} & set(HEAVY)
        if room(name) == "cli":
            heavy -= set(CLI_ONLY)
        users = [other for other, theirs in eager.items() if name in theirs and not set(theirs) & set(HEAVY)]
        assert not heavy or not users, f"{name} imports {sorted(heavy)} at once, and {users} import it at once"


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, eda; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert "eda" in loaded
    assert not {"numpy", *HEAVY} & set(loaded)


def test_the_core_needs_numpy_alone():
    rooms = [m for m in modules() if room(m) in ("errors", "ir")]
    code = f"import sys\nfor m in {rooms}: __import__(m)\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert "numpy" in loaded
    assert not set(HEAVY) & set(loaded)


@pytest.mark.parametrize("name", modules())
def test_what_is_public_is_documented(name):
    tree = modules()[name]
    public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]
    missing = [node.name for node in public if ast.get_docstring(node) is None]
    if tree.body and ast.get_docstring(tree) is None:
        missing.append("the module")
    assert missing == []


def tracked_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_file_names_a_place_on_one_machine():
    places = "|".join(["/" + top + "/" for top in ("work", "tmp", "root", "home")])
    pattern = re.compile(rf"(?<![\w./~$}}-])(?:{places})\w")
    wrong = []
    for path in tracked_files():
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        wrong += [f"{path.relative_to(ROOT)}: {m.group()}" for m in pattern.finditer(text)]
    assert wrong == []
