"""The figures and charts of the operators' page."""
