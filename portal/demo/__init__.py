"""The demo: a cast and eight projects told as data, and the hands that enter them through the product's own verbs."""
