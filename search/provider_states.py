"""How every provider stands: for /health and for staff."""

from typing import Any

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search import breaker, budget, conf, metrics
from search.demographics.wikidata import Wikidata
from search.fan_out import everybody
from search.provider import Provider


async def states() -> dict[str, dict[str, Any]]:
    """Of every known provider: {status: ok|open|throttled|off, latencyMs, message}."""
    order, providers, _ = everybody()
    found: dict[str, dict[str, Any]] = {}
    if conf.CATALOGUE in order:
        found[conf.CATALOGUE] = {"status": "ok", "latencyMs": None, "message": "in the database"}
    by_name = {provider.name: provider for provider in providers}
    for cls in conf.known_providers():
        provider = by_name.get(cls.name)
        if provider is None:
            found[cls.name] = {"status": "off", "latencyMs": None, "message": "not named in SEARCH_PROVIDERS"}
        elif not provider.enabled:
            found[cls.name] = {"status": "off", "latencyMs": None, "message": f"needs {cls.setting}_API_KEY"}
        else:
            found[cls.name] = await _state(provider)
    found[Wikidata.name] = await _state_of_wikidata()
    return found


async def _state_of_wikidata() -> dict[str, Any]:
    if not conf.demographics():
        return {"status": "off", "latencyMs": None, "message": "DEMOGRAPHICS is 0, or nobody outside is asked"}
    return await _state(Wikidata(conf.provider_config(Wikidata)))


async def _state(provider: Provider) -> dict[str, Any]:
    circuit = await breaker.state(provider.name)
    if circuit.status != "closed":
        return {"status": "open", "latencyMs": None, "message": f"its last {circuit.failures} calls failed"}
    if circuit.held_until:
        return {"status": "throttled", "latencyMs": None, "message": "it asked to wait"}
    return {"status": "ok", "latencyMs": metrics.mean_ms(provider.name), "message": "asked when needed"}


async def table() -> list[dict[str, Any]]:
    """Every outside provider for staff: its state with circuit, ledger and rate."""
    _, providers, _ = everybody()
    asked = [*providers, Wikidata(conf.provider_config(Wikidata))] if conf.demographics() else providers
    now = await states()
    rows = []
    for provider in asked:
        circuit = await breaker.state(provider.name)
        used = await in_db(budget.used, provider.name)
        limit = provider.config.daily_budget
        until = circuit.open_until or circuit.held_until
        rows.append(
            {
                "name": provider.name,
                "label": provider.label,
                "state": f"{now[provider.name]['status']}: {now[provider.name]['message']}",
                "circuit": circuit.status.replace("_", " "),
                "failures": circuit.failures,
                "until": clock.from_unix(until) if until else None,
                "used_today": used,
                "left": None if limit is None else max(0, limit - used),
                "rate": provider.config.rate,
            }
        )
    return rows
