"""A process that only reads: the far ends of the sockets that `fanout` writes to.

python -m benchmarks.drain PORT COUNT
"""

from __future__ import annotations

import sys

from benchmarks.swarm import Swarm


def main() -> None:
    """Open the sockets and read until the other side closes one."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    with Swarm(port, "/", count) as swarm:
        swarm.drain()


if __name__ == "__main__":
    main()
