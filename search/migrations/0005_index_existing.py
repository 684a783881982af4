"""Works that were there before: their exact titles, as a load would leave them; 0007 counts their words."""

from django.db import migrations


def index(apps, schema_editor):
    works = apps.get_model("search", "Work").objects
    if not works.exists():
        return
    from search.catalogue.title_words import hash_of

    rows = list(works.only("pk", "title"))
    for row in rows:
        row.title_hash = hash_of(row.title)
    works.bulk_update(rows, ["title_hash"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("search", "0004_title_words")]
    operations = [migrations.RunPython(index, migrations.RunPython.noop)]
