"""Reading, checking and splitting data; numpy only."""
