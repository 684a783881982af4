"""The words of all authors' names with how many works have them, beside those of titles; both counted anew where works are there."""

from django.db import migrations

WORDS = "CREATE TABLE search_author_words (word text {collation} PRIMARY KEY, backwards text {collation} NOT NULL, works integer NOT NULL) {rowid}"
BACKWARDS = "CREATE INDEX search_author_words_backwards ON search_author_words (backwards) WHERE length(word) >= 5"


def create(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(WORDS.format(collation='COLLATE "C"' if postgres else "", rowid="" if postgres else "WITHOUT ROWID"))
    schema_editor.execute(BACKWARDS)
    if apps.get_model("search", "Work").objects.exists():
        from search.catalogue.title_index import rebuild

        rebuild()


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE search_author_words")


class Migration(migrations.Migration):
    dependencies = [("search", "0006_curation")]
    operations = [migrations.RunPython(create, drop)]
