"""Training loops and what they share: checkpoints, scores, pace of events."""
