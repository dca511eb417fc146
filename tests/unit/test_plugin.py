"""The façade: bundled plugins live by the rule that others must follow."""

import ast

import pytest

from annotator.bundle import bundled

FILES = sorted(bundled("plugins").rglob("*.py"))
ALLOWED = {"annotator", "annotator.plugin"}  # the package itself tells its version


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(bundled("plugins")).as_posix())
def test_a_bundled_plugin_imports_nothing_of_ours_but_the_facade(path):
    named = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named.add(node.module or "")

    assert {name for name in named if name.partition(".")[0] == "annotator"} <= ALLOWED
