from django.apps import AppConfig


class BooksTrackConfig(AppConfig):
    name = "bookstrack"
    verbose_name = "BooksTrack"

    def ready(self) -> None:
        from bookstrack.lib import logging

        logging.configure()
