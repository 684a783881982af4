"""The in-process tier: an LRU bounded by bytes."""

from collections import OrderedDict

from bookstrack.lib import clock

OVERHEAD_BYTES = 200  # of an entry, beside key and value: measured with sys.getsizeof on CPython 3.11
TRUSTED_S = 1.0


class MemoryTier:
    """Values by key, the least recently used dropped first.

    An entry is trusted for one second only: until then it may be older than what another process wrote since. Afterwards it serves
    only while Redis is away (`even_untrusted`). That bounds staleness over processes without a channel between them.
    """

    name = "memory"

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.used_bytes = 0
        self.evictions = 0
        self._values: OrderedDict[str, tuple[bytes, float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str, *, even_untrusted: bool = False) -> bytes | None:
        """The value, or None where there is none, it expired, or it is no longer trusted."""
        found = self._values.get(key)
        if found is None:
            return None
        value, trusted_until, expires = found
        now = clock.monotonic_s()
        if now >= expires:
            self.drop(key)
            return None
        if now >= trusted_until and not even_untrusted:
            return None
        self._values.move_to_end(key)
        return value

    def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep the value; what is larger than the whole tier is not kept."""
        self.drop(key)
        size = self._size(key, value)
        if size > self.max_bytes or ttl_s <= 0:
            return
        now = clock.monotonic_s()
        self._values[key] = (value, now + min(TRUSTED_S, ttl_s), now + ttl_s)
        self.used_bytes += size
        while self.used_bytes > self.max_bytes:
            oldest, (dropped, _, _) = self._values.popitem(last=False)
            self.used_bytes -= self._size(oldest, dropped)
            self.evictions += 1

    def drop(self, key: str) -> None:
        """Forget the key."""
        found = self._values.pop(key, None)
        if found is not None:
            self.used_bytes -= self._size(key, found[0])

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self.used_bytes = 0

    @staticmethod
    def _size(key: str, value: bytes) -> int:
        return len(key) + len(value) + OVERHEAD_BYTES
