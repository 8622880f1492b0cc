"""Tasks and cells of other packages."""
