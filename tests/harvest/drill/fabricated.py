"""Answers as the service gives them, right ones and wrong ones, made by hand."""

from typing import Any

from harvest.drill.faults import CATALOGUES, Health
from harvest.drill.library import Book, book
from harvest.drill.load import Ask
from harvest.drill.verdicts import Seen

STATUS = {Health.WELL: "ok", Health.DEAD: "error", Health.LIMPING: "late", Health.IGNORANT: "empty"}


def found(*books: Book, failed: tuple[str, ...] = (), cached: bool = False, stale: bool = False, elapsed_s: float = 0.1) -> Seen:
    """An answer with these books; `failed` are called so."""
    works = [{"title": one.title, "authors": [{"name": one.author}]} for one in books]
    statuses = {name: "error" if name in failed else "ok" for name in CATALOGUES}
    metadata: dict[str, Any] = {"cached": cached, "providers": statuses}
    metadata |= {"degraded": list(failed)} if failed else {}
    metadata |= {"staleBecause": "all providers fail"} if stale else {}
    data = {"works": works, "editions": [{"isbn": one.isbn13} for one in books]}
    return Seen(200, elapsed_s, {"success": True, "data": data, "metadata": metadata}, "application/json")


def refused(status: int, code: str = "PROVIDER_ERROR", elapsed_s: float = 0.1, **providers: str) -> Seen:
    """An error that names providers with what became of them."""
    told = {name.replace("_", "-"): status for name, status in providers.items()}
    return Seen(status, elapsed_s, {"success": False, "error": {"code": code, "details": {"providers": told}}, "metadata": {}})


def honest(ask: Ask, healths: dict[str, Health]) -> Seen:
    """What a service without a mistake answers to a cold search while providers are as they are."""
    one = book(ask.number)
    failed = tuple(name for name in CATALOGUES if healths[name] in (Health.DEAD, Health.LIMPING))
    if len(failed) == len(CATALOGUES):
        return refused(502, **{name.replace("-", "_"): STATUS[healths[name]] for name in CATALOGUES})
    knows = any(healths[name] is Health.WELL for name in one.known_to)
    return found(*([one] if knows else []), failed=failed)
