"""Shipped fakes, and a way to run a node on a virtual clock.

The fakes pass the contract tests of the real ones.
"""
