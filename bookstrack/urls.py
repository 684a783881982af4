"""Every route: the pages, the admin, the API."""

from django.contrib import admin
from django.urls import path

from bookstrack.api import api
from search import pages
from search.drawn_cover import drawn_cover

admin.site.site_header = admin.site.site_title = "BooksTrack"
admin.site.index_title = "What runs, what was found, what it costs"

urlpatterns = [
    path("", pages.index, name="search"),
    path("covers/drawn/<slug:name>.png", drawn_cover, name="drawn-cover"),
    path("admin/", admin.site.urls),
    path("", api.urls),
]
