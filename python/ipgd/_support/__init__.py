"""What every layer leans on: checks of arguments, memory, seeds, progress, text forms of values."""
