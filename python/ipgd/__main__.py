"""The ``ipgd`` command; also ``python -m ipgd``."""

import sys


def main() -> None:
    """Run the command line, or say what it needs."""
    try:
        from .cli import app  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.exit(f"The ipgd command needs {error.name}: pip install 'ipgd[cli]'")
    app()


if __name__ == "__main__":
    main()
