"""Foreign pictures, made small and kept."""
