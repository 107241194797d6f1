"""Reports as PDF, made on the server by typst: the same bytes for the same figures, tagged for screen readers."""
