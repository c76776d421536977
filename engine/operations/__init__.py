"""Recipes that exercise the portal itself and train nothing."""
