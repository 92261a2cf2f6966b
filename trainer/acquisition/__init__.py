"""Skill acquisition (method section 3): a teacher reads a corpus, and what it extracts is measured before it is kept.

`corpus` cuts untrusted files into excerpts, a teacher (`scripted` or `endpoint`) makes candidates of them, `score`
measures r(k), and `run` keeps those with r(k) >= tau_r as packages and as conversations for `propound train sft`.
"""
