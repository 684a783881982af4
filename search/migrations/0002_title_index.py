"""The full-text index over titles and authors, on SQLite; other databases are asked by pattern (title_index.py)."""

from django.db import migrations

CREATE = (
    "CREATE VIRTUAL TABLE search_title_index USING fts5(title_words, author_words, content='search_work', content_rowid='id', "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\")"
)


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(CREATE)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE search_title_index")


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
