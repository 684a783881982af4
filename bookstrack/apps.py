from django.apps import AppConfig


class BooksTrackConfig(AppConfig):
    name = "bookstrack"
    verbose_name = "BooksTrack"

    def ready(self) -> None:
        from django.conf import settings

        from bookstrack import logins, ratelimit
        from bookstrack.lib import logging

        logging.configure()
        logins.watch()
        ratelimit.networks(tuple(settings.TRUSTED_PROXIES))  # a wrong address fails here, not at the first request
