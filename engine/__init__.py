"""The learning half of Throughline: trains, compresses and measures models; knows nothing of the web."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime would report every session to its maker, from its import on
