"""MGPO inside distributed engines: their data in, the weights and the loss of `trainer.loss` out.

Those engines compute a loss sequence by sequence, where neither a group nor its steps are known. So the weight w of
every token is computed where a whole group is at hand, with the policy that sampled in place of the current one, and
goes on as the engine's advantage; the gate is computed where the current policy is. That is MGPO exactly for the first
update on fresh samples (there the two policies are the same, as far as the engine's sampler and trainer agree), and
with beta = 0 for every update; later updates use the implicit rewards of the policy that sampled.
"""
