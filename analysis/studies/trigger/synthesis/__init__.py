"""From a trained network to a circuit: Verilog, its simulation, and what it takes of a chip."""
