"""The demo, and the page of what goes with what; they use the public API only."""
