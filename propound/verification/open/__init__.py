"""What decides in open mode: a statement is solved again by others who see nothing else, and they have to agree."""
