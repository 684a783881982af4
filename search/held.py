"""What this process holds: the cache over all tiers, and the flights that fill it."""

from search import conf, fan_out
from search.cache import Cache
from search.flight import Flights
from search.tiers.cold import ColdTier
from search.tiers.memory import MemoryTier

cold_tier = ColdTier()
cache = Cache(MemoryTier(conf.memory_tier_bytes()), cold_tier)
flights = Flights(fan_out.packed, fan_out.unpacked, fan_out.settled, kept=lambda key: fan_out.just_kept(cache, key))
