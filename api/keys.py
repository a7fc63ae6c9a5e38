"""The key file: made once, read by its owner only."""

import base64
import json
import os
from pathlib import Path

from waitingroom.columns import KeyRing

OWNER_ONLY = 0o600


class KeysError(Exception):
    """The sealing keys cannot be used."""


def read_keys(path: Path) -> KeyRing:
    """Read the key ring at `path`. Raises KeysError where it is missing, open to others, or not a key ring."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeysError(f"{path} can be read by others. Run: chmod 600 {path}")
        kept = json.loads(path.read_text())
        keys = {int(number): base64.b64decode(key) for number, key in kept["keys"].items()}
        return KeyRing(keys=keys, hashing=base64.b64decode(kept["hashing"]), demo=bool(kept["demo"]))
    except FileNotFoundError:
        raise KeysError(f"There are no keys at {path}. Run: waitingroom keys make") from None
    except (ValueError, KeyError, TypeError) as error:
        raise KeysError(f"{path} is not a key file. Put back the one you saved.") from error


def make_keys(path: Path, *, demo: bool) -> KeyRing:
    """Make a new key ring at `path`, unless there is one: then that is read. Two makers at once make one."""
    if not path.exists():
        ring = KeyRing.fresh(demo=demo)
        kept = {
            "keys": {str(number): base64.b64encode(key).decode() for number, key in ring.keys.items()},
            "hashing": base64.b64encode(ring.hashing).decode(),
            "demo": demo,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(opened, "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return read_keys(path)
