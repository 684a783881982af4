"""Every route: the pages, the admin, the API."""

from django.contrib import admin
from django.urls import path

from bookstrack.api import api
from search import pages
from search.drawn_cover import drawn_cover

urlpatterns = [
    path("", pages.index, name="search"),
    path("covers/drawn/<slug:name>.png", drawn_cover, name="drawn-cover"),
    path("admin/", admin.site.urls),
    path("", api.urls),
]
