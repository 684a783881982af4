"""Photo-like bookshelves drawn by our own code: what is on them is known to the last pixel. Needs Pillow and NumPy."""
