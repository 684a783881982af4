"""What the admin's pages of the catalogue have in common."""

from functools import cached_property
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from search.catalogue.keys import Letter
from search.curation.merging import KINDS

LISTED = 10_000  # rows that can be paged through; further ones are found by search


class ReadOnly:
    """Rows that the system writes and people only look at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FirstPages(Paginator[Any]):
    """Pages of the first rows: a table of millions is not counted for every look at it."""

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows[:LISTED].count()


class LargeTable(admin.ModelAdmin[Any]):
    """A list of rows without end: by key, counted only as far as it is shown, and in no other order."""

    paginator = FirstPages
    show_full_result_count = False
    list_per_page = 50
    ordering = ("pk",)
    sortable_by = ()
    search_fields = ("pk",)  # what is typed goes to curation/finding.py

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=self.found(search_term)), False

    def found(self, text: str) -> list[int]:
        """Keys of the rows that a text may mean."""
        raise NotImplementedError


def row_link(letter: Letter, key: int, name: str) -> SafeString:
    """A link to a row's page."""
    return format_html('<a href="{}">{}</a>', reverse(f"admin:search_{KINDS[letter]}_change", args=[quote(str(key))]), name)
