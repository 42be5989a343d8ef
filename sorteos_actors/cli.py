"""temporary"""
import sys
import argparse
import pathlib
def main() -> None:
    from sorteos_actors.main import serve, ServeOptions
    from sorteos_actors.config import Settings
    from sorteos_actors.errors import CannotStart
    p = argparse.ArgumentParser(); p.add_argument("verb", nargs="?"); p.add_argument("--port", type=int, default=8080); p.add_argument("--data-dir", type=pathlib.Path, default=pathlib.Path(".sorteos")); p.add_argument("--host", default="127.0.0.1")
    a = p.parse_args()
    try: sys.exit(serve(Settings.from_environment(), ServeOptions(host=a.host, port=a.port, data_dir=a.data_dir)))
    except CannotStart as e: print(e, file=sys.stderr); sys.exit(1)
