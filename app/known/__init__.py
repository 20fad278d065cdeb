"""Questions written beforehand: which of them a turn asks, and the answer that was written for it."""
