"""An installation of the product that tests may break: its processes, its servers, its questions, its figures."""
