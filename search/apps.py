from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = "Search and catalogue"

    def ready(self) -> None:
        from search import conf

        conf.check()
