"""Skill acquisition (method section 3): a model reads a corpus and writes cards, of which the good ones are kept.

`corpus` and `cutting` make pieces of untrusted files, a `teacher` writes candidates for each, `score` measures r(k),
other models rate what they see (`rating`), and `run` keeps those with r(k) >= tau_r.
"""
