"""Which file may import which: a lower layer knows nothing of an upper one, nor does a lower file within an app."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [  # The longest name that fits counts: platform_site.rest is below all, the rest of platform_site above.
    ["platform_site.rest", "platform_site.db"],
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
    ["api", "views", "live", "consumers", "admin", "management"],
]
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


def test_imports_go_downwards():
    files = [path for name in PRODUCT for path in (ROOT / name).rglob("*.py") if "migrations" not in path.parts]
    assert len(files) > 50
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text(encoding="utf-8") for path in files
    }
    assert not [fault for module, source in modules.items() for fault in faults_of(module, source)]


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
