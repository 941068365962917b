"""Used by every layer: checks of arguments, free memory, seeds, progress, values as text."""
