"""How hard a problem is (method sections 5 and 8): solvers try it, and the share of right attempts is its pass rate.

A solver sees the statement alone and writes a short program; the program runs in the sandbox, and what it prints is
compared with the gold answer. The pool of solvers goes from weak to strong.
"""
