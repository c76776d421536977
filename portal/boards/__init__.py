"""Boards: a question returns a frozen dataclass, a pure chart function draws it, a template shows both."""
