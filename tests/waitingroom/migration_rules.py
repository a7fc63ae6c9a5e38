"""What a migration may do while older code works on the same tables: the rules of CONTRIBUTING, in its source."""

import ast
import re
from collections.abc import Iterator

BIG = {"message", "audit_entry", "conversation", "handoff"}
"""Tables that may hold millions of rows: what reads or rewrites all of one keeps every turn waiting."""
TAKES_AWAY = {"drop_column", "drop_table", "rename_table"}
IN_WORDS = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|TYPE|VIEW)|RENAME\s+(TO|COLUMN)|ALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE|SET\s+NOT\s+NULL"
    r"|DROP\s+DEFAULT|TRUNCATE)\b",
    re.IGNORECASE,
)
LOCKS_IN_WORDS = re.compile(
    r"\b(CREATE\s+(UNIQUE\s+)?INDEX(?!\s+CONCURRENTLY)|LOCK\s+TABLE|VACUUM\s+FULL|CLUSTER)\b", re.I
)


def broken(source: str) -> list[str]:
    """List what a migration's upgrade() does that needs a marker it does not have.

    `oldest_code = "0030"` marks a contract step: code older than that version stops before it meets the tables.
    `why_locked = "..."` says why something may hold a big table.
    """
    module = ast.parse(source)
    marks = {
        target.id
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    upgrade = next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    made = {_first(call) for call in _calls(upgrade) if _name(call) == "create_table"}
    found = []
    for call in _calls(upgrade):
        if "oldest_code" not in marks:
            found += [f"{what} (needs oldest_code)" for what in _contracts(call, made)]
        if "why_locked" not in marks:
            found += [f"{what} (needs why_locked)" for what in _locks(call, made)]
        found += list(_half_built(call))
    return found


def _calls(upgrade: ast.FunctionDef) -> list[ast.Call]:
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call)]
    return [
        call for call in calls if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "op"
    ]


def _name(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr


def _first(call: ast.Call, place: int = 0) -> str:
    one = call.args[place] if len(call.args) > place else None
    return str(one.value) if isinstance(one, ast.Constant) else "?"


def _keyword(call: ast.Call, name: str) -> str | None:
    return next((ast.unparse(word.value) for word in call.keywords if word.arg == name), None)


def _contracts(call: ast.Call, made: set[str]) -> Iterator[str]:
    """Tell what of a call older code would stumble over."""
    name, table = _name(call), _first(call)
    if name in TAKES_AWAY:
        yield f"{name} {table}"
    if name == "alter_column" and table not in made:
        risky = {"new_column_name", "type_"} & {word.arg for word in call.keywords}
        if risky or _keyword(call, "nullable") == "False" or _keyword(call, "server_default") in {"None", "False"}:
            yield f"alter_column {table}"
    if name == "add_column" and table not in made:
        column = ast.unparse(call.args[1])
        if "nullable=False" in column and "server_default" not in column:
            yield f"add_column {table} without a default"
    if name in {"create_unique_constraint", "create_check_constraint"} and _first(call, 1) not in made:
        yield f"{name} on {_first(call, 1)}"
    if name == "execute" and IN_WORDS.search(ast.unparse(call)):
        yield f"execute {IN_WORDS.search(ast.unparse(call))[0]}"  # type: ignore[index]


def _locks(call: ast.Call, made: set[str]) -> Iterator[str]:
    """Tell what of a call reads or rewrites a whole big table under a lock."""
    name = _name(call)
    if (
        name == "create_index"
        and _first(call, 1) in BIG - made
        and _keyword(call, "postgresql_concurrently") != "True"
    ):
        yield f"create_index on {_first(call, 1)}"
    if (
        name == "create_foreign_key"
        and _first(call, 1) in BIG - made
        and _keyword(call, "postgresql_not_valid") != "True"
    ):
        yield f"create_foreign_key on {_first(call, 1)}"
    if name == "execute":
        words = ast.unparse(call)
        updated = re.search(r"\b(UPDATE|DELETE\s+FROM)\s+\"?(\w+)", words, re.IGNORECASE)
        if updated and updated[2] in BIG:
            yield f"execute {updated[0]}"
        if LOCKS_IN_WORDS.search(words):
            yield f"execute {LOCKS_IN_WORDS.search(words)[0]}"  # type: ignore[index]


def _half_built(call: ast.Call) -> Iterator[str]:
    """An index built without a lock stays behind half built where it was cut off: the next try must begin anew."""
    without_lock = _name(call) == "create_index" and _keyword(call, "postgresql_concurrently") == "True"
    if without_lock and _keyword(call, "if_not_exists") == "True":
        yield "create_index if_not_exists keeps a half-built index: drop it first (if_exists), then build"
