"""One module a promise: each scenario breaks a running installation in one way and returns figures."""
