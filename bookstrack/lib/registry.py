"""Plug-ins by discovery: every module of a plural package holds one implementation of the contract."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def implementations(package: str, contract: type[T]) -> Iterator[type[T]]:
    """Concrete classes of `contract` defined in the modules of `package`, by module name."""
    root = importlib.import_module(package)
    for info in pkgutil.iter_modules(root.__path__):
        module = importlib.import_module(f"{package}.{info.name}")
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, contract) and item.__module__ == module.__name__:
                yield item
