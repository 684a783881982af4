"""How well a search finds what was meant: a labelled set made from the catalogue, asked, and scored."""
