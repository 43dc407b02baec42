"""PyTorch modules -> graphs of nodes with shapes."""
