"""What is computed: layers as einsums with affine indices, and networks of them."""
