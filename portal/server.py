"""Gunicorn's configuration, from the same environment as the rest."""

from portal.environment import read_environment

environment = read_environment()
bind = f"{environment.host}:{environment.port}"
workers = environment.web_workers
worker_class = "gthread"
threads = environment.web_threads
preload_app = True
timeout = 60
graceful_timeout = 3
accesslog = None
loglevel = "warning"
