"""What is counted, kept by the minute, and read again."""
