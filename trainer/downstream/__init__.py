"""What checking a problem is worth to a solver that learns from it (docs/lab/downstream.md).

    python -m trainer.downstream OUT --count 10000

One solver is trained on problems that the whole loop accepted, the same solver on the first drafts of the same
episodes, unchecked, with as many problems and tokens; a third one on none. All three are measured on held-out problems
and on tasks of reasoning-gym. `oneshot` and `corpus` make the problems, `lesson` what a solver learns to write for
them, `gym` reads reasoning-gym, and `comparison` trains and measures.
"""
