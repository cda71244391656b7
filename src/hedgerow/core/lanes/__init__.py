"""The carriages that a policy runs in: floats, NumPy lanes, compiled lanes.

* :mod:`.floats` plays one lane bar by bar and keeps every decision with its trace;
* :mod:`.columns` plays many lanes with NumPy, one row per lane;
* :mod:`.compiled` plays many lanes with code written for the policy at hand.

All three call the same kernels and agree to the last bit (1e-12 where ``exp`` is used).
"""
