"""Which file may import which: a lower layer knows nothing of an upper one, nor does a lower file within an app."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [  # The longest name that fits counts: platform_site.rest is below all, the rest of platform_site above.
    ["platform_site.rest", "platform_site.db", "platform_site.hooks"],
    ["accounts"],
    ["apps_registry"],
    ["rooms"],
    ["prizes"],
    ["apps_registry.builtin"],
    ["platform_site"],
]
FILES = [  # Folders count as their name says: rooms/actions, rooms/live.
    ["enums", "errors"],
    ["querysets"],
    ["models"],
    ["shapes"],
    ["permissions", "events"],
    ["actions"],
    ["inputs", "filters"],
    ["api", "views", "live", "admin", "management"],
]
# The live wing's own order, from the ground to the doors: each file imports only what stands before it.
LIVE = (
    *("frames", "worker", "origins", "schemas", "refusals", "identity", "log", "catalogue", "games", "clock"),
    *("listener", "connections", "directory", "feed", "following", "push", "presence", "screens", "hub"),
    *("commands", "protocol", "websocket", "socketio_door"),
)
PRODUCT = sorted({names[0].split(".")[0] for names in LAYERS})


def layer_of(module: str) -> tuple[str, int]:
    """The package that the layer is named by, and its height."""
    found = [
        (name, height) for height, names in enumerate(LAYERS) for name in names if f"{module}.".startswith(f"{name}.")
    ]
    return max(found, key=lambda layer: len(layer[0]))


def file_of(module: str) -> int | None:
    """The height of a file within its package; None for names that have no place in the order."""
    package = layer_of(module)[0]
    inside = module.removeprefix(package).strip(".").split(".")
    name = "".join(inside[1:2] if package.endswith(".builtin") else inside[:1])
    return next((height for height, names in enumerate(FILES) if name in names), None)


def imports_of(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            # `from rooms import actions` names a module by its second half.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults_of(module: str, source: str) -> list[str]:
    package, height = layer_of(module)
    faults = []
    for imported in imports_of(source):
        if imported.split(".")[0] not in PRODUCT:
            continue
        other, other_height = layer_of(imported)
        own_file, other_file = file_of(module), file_of(imported)
        upward = own_file is not None and other_file is not None and other_file > own_file
        if other_height > height or (other == package and upward):
            faults.append(f"{module} imports {imported}")
    return faults


def modules() -> dict[str, str]:
    """The source of every module of the product, by its name; a package is its __init__."""
    files = [path for name in PRODUCT for path in (ROOT / name).rglob("*.py") if "migrations" not in path.parts]
    assert len(files) > 50
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
        for path in files
    }


def graph_of(sources: dict[str, str]) -> dict[str, set[str]]:
    """Which module imports which, wherever in the file and under whatever condition the import stands."""
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        imported = set()
        for name in imports_of(source):
            owner = name if name in sources else name.rpartition(".")[0]
            imported |= {owner} & sources.keys()
        graph[module] = imported - {module}
    return graph


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """One circle of modules that import each other, in their order, or an empty list."""
    done: set[str] = set()
    path: list[str] = []

    def walk(module: str) -> list[str]:
        if module in path:
            return path[path.index(module) :]
        if module in done:
            return []
        path.append(module)
        for imported in sorted(graph[module]):
            if circle := walk(imported):
                return circle
        done.add(path.pop())
        return []

    return next((circle for module in sorted(graph) if (circle := walk(module))), [])


def test_imports_go_downwards():
    assert not [fault for module, source in modules().items() for fault in faults_of(module, source)]


def test_no_modules_import_each_other():
    assert circle_in(graph_of(modules())) == []


@pytest.mark.parametrize(
    ("sources", "circle"),
    [
        ({"rooms.a": "from rooms import b", "rooms.b": "import accounts.c", "accounts.c": "import os"}, []),
        ({"rooms.a": "from rooms import b", "rooms.b": "from rooms.a import word"}, ["rooms.a", "rooms.b"]),
        (
            {
                "rooms.a": "from rooms.b import word",
                "rooms.b": "def later():\n    import rooms.c",
                "rooms.c": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rooms.b import Word",
            },
            ["rooms.b", "rooms.c"],
        ),
    ],
)
def test_the_search_finds_circles(sources, circle):
    assert circle_in(graph_of(sources)) == circle


def test_the_live_wing_is_read_from_the_top():
    live = {name: source for name, source in modules().items() if name.startswith("rooms.live.")}
    order = {f"rooms.live.{name}": place for place, name in enumerate(LIVE)}
    assert live.keys() == order.keys()
    assert not [
        f"{module} imports {imported}"
        for module, others in graph_of(live).items()
        for imported in others
        if order[imported] > order[module]
    ]


@pytest.mark.parametrize(
    ("module", "source", "allowed"),
    [
        ("rooms.actions", "from prizes.models import Prize", False),
        ("rooms.actions", "import prizes.models", False),
        ("prizes.actions", "from rooms.models import Room", True),
        ("platform_site.rest.exceptions", "from accounts.models import User", False),
        ("platform_site.db.models", "from platform_site import settings", False),
        ("platform_site.urls", "from rooms.api import RoomViewSet", True),
        ("apps_registry.actions", "from apps_registry.builtin.lottery import app", False),
        ("apps_registry.builtin.lottery.app", "from prizes.actions import award_prize", True),
        ("prizes.actions", "from apps_registry.builtin import lottery", False),
        ("rooms.models", "from rooms import actions", False),
        ("rooms.events", "def ring():\n    from rooms.api import RoomViewSet", False),
        ("rooms.api", "from rooms import actions", True),
        ("rooms.actions.entry", "from rooms.live.hub import Hub", False),
        ("rooms.querysets", "from rooms.enums import RoomStatus", True),
        ("rooms.enums", "from rooms.models import Room", False),
        ("rooms.shapes", "from rooms.permissions import Need", False),
        ("rooms.actions.entry", "from rooms.inputs import RoomInput", False),
        ("rooms.querysets", "if TYPE_CHECKING:\n    from rooms.models import Room", False),
        ("prizes.actions.draws", "from prizes.api import PrizeViewSet", False),
        ("rooms.management.commands.x", "from rooms.actions import join_room", True),
        ("apps_registry.builtin.quiz.models", "from apps_registry.builtin.quiz.actions import start", False),
    ],
)
def test_the_rule_sees_what_it_should(module, source, allowed):
    assert (not faults_of(module, source)) is allowed
