"""Making trained models smaller and faster, with the gain and the cost measured."""
