"""Tables of people and what their columns mean: schemas, hierarchies, reading, bundled sets, splits."""
