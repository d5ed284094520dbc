"""Use cases: one function is one use case and one transaction. Each function checks the actor's rights before it
acts.
"""
