"""What pages and documents of others say, taken out of them in processes of their own (`kb.sandbox.sandboxed_process`).

Only `answering`, `charsets` and `days` are for use elsewhere: the others bring large libraries along.
"""
