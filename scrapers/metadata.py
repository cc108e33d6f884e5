def clean_authors(x): return tuple(a for a in x if a)
