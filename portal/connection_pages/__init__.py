"""Pages on which other systems are let in, and told what happened."""
