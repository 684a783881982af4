"""How long to pause before a retry: longer each time, and never the same for two callers."""

import random

PAUSES_S = (0.1, 0.3)
MAX_RETRIES = len(PAUSES_S)


def pause_s(retry: int) -> float:
    """Seconds before the first (1), second (2) retry: the usual pause, more or less by half."""
    return PAUSES_S[min(retry, MAX_RETRIES) - 1] * random.uniform(0.5, 1.5)
