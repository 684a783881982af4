"""What the back office's admin pages have in common: lists without end, whose rows people look at and do not edit."""

from functools import cached_property
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

LISTED = 10_000  # rows that can be paged through; further ones are found by filters and search


class FirstPages(Paginator[Any]):
    """Pages of the first rows: a table of millions is not counted for every look at it."""

    @cached_property
    def count(self) -> int:
        return cast("QuerySet[Any]", self.object_list)[:LISTED].count()


class LargeTable(admin.ModelAdmin[Any]):
    """A list of rows without end, counted only as far as it is shown, and not edited."""

    paginator = FirstPages
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def noted(request: HttpRequest, row: Model, what: str) -> None:
    """Write into a row's history who did what."""
    LogEntry.objects.log_actions(str(request.user.pk), [row], CHANGE, what, single_object=True)
