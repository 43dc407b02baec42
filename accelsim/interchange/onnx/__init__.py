"""ONNX models -> graphs of nodes with shapes."""
