"""Every route: the pages, the admin, the API."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from bookstrack.api import api
from harvest import admin_dashboard, admin_drill
from jobs import admin_rq
from jobs import pages as job_pages
from scanning import pages as scanning_pages
from search import pages
from search.drawn_cover import drawn_cover

admin.site.site_header = admin.site.site_title = "BooksTrack"
admin.site.index_title = "What runs, what was found, what it costs"
admin.site.index_template = "admin/index_of_operators.html"

urlpatterns = [
    path("", pages.index, name="search"),
    path("import", scanning_pages.import_page, name="import"),
    path("scan", scanning_pages.scan_page, name="scan"),
    path("jobs/<str:job_id>", job_pages.job, {"more_words": scanning_pages.result_words}, name="job"),
    path("covers/drawn/<slug:name>.png", drawn_cover, name="drawn-cover"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}bookstrack/favicon.svg")),  # browsers ask for it in the admin
    path("admin/harvest-dashboard", admin.site.admin_view(admin_dashboard.page), name="harvest-dashboard"),
    path("admin/harvest-dashboard/", admin.site.admin_view(admin_dashboard.page)),
    path("admin/harvest-drill/", admin.site.admin_view(admin_drill.page), name="harvest-drill"),
    path("admin/rq/", include((admin_rq.urlpatterns, "django_rq"))),
    path("admin/", admin.site.urls),
    path("", api.urls),
]
