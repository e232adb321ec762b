"""Signs, seals, closes with a timestamp, and examines signatures: PDF, CMS and XML."""
