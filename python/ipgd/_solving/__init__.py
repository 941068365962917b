"""How a run is set up, carried out, resumed and described."""
