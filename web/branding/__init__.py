"""White label: the look of a body on its own host, and the pages that change it."""
