from django.apps import AppConfig


class ScanningConfig(AppConfig):
    name = "scanning"
    verbose_name = "Imports and scans"

    def ready(self) -> None:
        from scanning import conf

        conf.check()
