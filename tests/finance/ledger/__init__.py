"""A state machine over money, and the naive books that it is compared with."""
