"""Boards: a question returns a frozen dataclass, a pure chart function turns it into a figure, a template shows both."""
