"""What worker and trainer have in common: the Celery app around them, and their processes' names and ends."""
