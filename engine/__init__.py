"""The learning half of Throughline: trains, compresses and measures models; knows nothing of the web."""
