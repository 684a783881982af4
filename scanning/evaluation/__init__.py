"""How well an import reads and matches: labelled exports made from the catalogue, imported, and scored."""
