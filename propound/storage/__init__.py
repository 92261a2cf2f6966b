"""Where everything is kept: tables, one repository per aggregate, and the rules that count and accept.

PostgreSQL is the truth; messages only wake people up. Repositories take a session and never commit: the
caller decides what belongs to one transaction.
"""
