"""The learning half of Throughline: trains, compresses and measures models; plain Python + torch, knows nothing of the web."""
