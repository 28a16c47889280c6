"""Code systems, groupings and rates as dated data, read from the publishers' own files."""
