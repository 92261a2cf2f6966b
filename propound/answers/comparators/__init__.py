"""One family of answer kinds per file; each comparator maps (gold, answer, terms) to a finding."""
