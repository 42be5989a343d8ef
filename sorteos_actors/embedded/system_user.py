"""As root: the user that runs PostgreSQL, which refuses to run as root, and what it may reach."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

_NAME: Final = "embedded_postgres"
_NOBODY: Final = "nobody"


def system_user() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL: None for ourselves, a user of its own when we are root."""
    if os.geteuid() != 0:
        return None
    if _find(_NAME) is None and shutil.which("useradd") is not None:
        # Another instance may be making it at the same time: what counts is that it is there.
        subprocess.run(
            ["useradd", "--system", "--no-create-home", _NAME],  # noqa: S607
            check=False,
            capture_output=True,
        )
    return _find(_NAME) or pwd.getpwnam(_NOBODY)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def let_through(path: Path) -> None:
    """Let others pass the directories above `path`: pass, not read. Raises OSError."""
    for parent in path.parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            logger.info("letting PostgreSQL's user pass %s", parent)
            parent.chmod(mode | stat.S_IXOTH)


def let_read(tree: Path) -> None:
    """Let others read and run what is in `tree`; a strict umask may have installed it closed."""
    if tree.stat().st_mode & stat.S_IXOTH:
        return
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            # What its owner may read or run, others may.
            path.chmod(mode | (mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6)
