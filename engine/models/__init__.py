"""Networks: their specification (torch-free), the torch module built from it, and the way to ONNX."""
