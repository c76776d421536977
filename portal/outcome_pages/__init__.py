"""Pages of what comes of projects: benefits, feedback, objectives, business cases, targets and files of figures."""
