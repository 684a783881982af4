from django.apps import AppConfig


class HarvestConfig(AppConfig):
    name = "harvest"
    verbose_name = "Back office"

    def ready(self) -> None:
        from harvest import audit, conf
        from harvest.alerting import conf_alerts

        conf.check()
        conf_alerts.check()
        audit.watch()

        from harvest.cover_store.covers import known
        from search import services as search

        search.show_own_covers(known)
