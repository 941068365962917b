"""One figure a module: ``<name with underscores>.py`` with ``FIGURE``."""
