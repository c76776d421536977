"""Pure functions from a frozen dataclass to a Plotly figure: no request, no setting, no model is known here."""
