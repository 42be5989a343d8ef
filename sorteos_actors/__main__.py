"""``python -m sorteos_actors``: the same as the installed ``sorteos``."""

from sorteos_actors.cli import main

if __name__ == "__main__":
    main()
