"""What can go wrong with a backup: each message says what to do."""

import errno

WHY = {
    errno.ENOSPC: "There is no space left",
    errno.EDQUOT: "The quota is used up",
    errno.EACCES: "It may not be written or read by this user",
    errno.EPERM: "It may not be written or read by this user",
    errno.EROFS: "The file system is read-only",
    errno.ENOENT: "It is not there",
}


class BackupError(Exception):
    """A backup could not be made, read or brought back. The message says why, and what can be done."""


class NotWholeError(BackupError):
    """A file of a backup is damaged, cut short, or opens with another key."""


def of_disk(error: OSError, path: object) -> BackupError:
    """Say in plain words what the file system would not do."""
    why = WHY.get(error.errno or 0, error.strerror or str(error))
    return BackupError(f"{why}: {path}. No backup was written there; what was there before still is.")
