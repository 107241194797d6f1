"""What if we shared differently? Other keys, weights, bounds or one municipality more, on months that are calculated.

Reads totals only, so that every director may ask; writes nothing. A scenario is the address of its page.
"""
