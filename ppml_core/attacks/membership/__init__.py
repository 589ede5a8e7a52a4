"""Was this person among those a model was trained on? Attacks that share one set of shadow models, and their report."""
