"""The product with one of its guards removed. Loaded as an application by `mutants.settings`, and only in tests."""
