"""The words of all titles with how many works have them, on every database; on PostgreSQL the index that finds works by words.

Words are compared byte by byte, so that a range is all words that begin alike.
"""

from django.db import migrations

WORDS = "CREATE TABLE search_title_words (word text {collation} PRIMARY KEY, backwards text {collation} NOT NULL, works integer NOT NULL) {rowid}"
BACKWARDS = "CREATE INDEX search_title_words_backwards ON search_title_words (backwards) WHERE length(word) >= 5"
VOCABULARY = "CREATE VIRTUAL TABLE search_title_vocabulary USING fts5vocab('search_title_index', 'col')"
# No parser of the database takes part: words are cut by ourselves, so that both databases find the same. "/" marks an author's.
INDEX = """CREATE INDEX search_title_index ON search_work USING gin (
array_to_tsvector(string_to_array(btrim(title_words), ' ')
|| string_to_array(nullif(btrim(replace(' ' || btrim(author_words), ' ', ' /')), '/'), ' ')))"""


def create(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(WORDS.format(collation='COLLATE "C"' if postgres else "", rowid="" if postgres else "WITHOUT ROWID"))
    schema_editor.execute(BACKWARDS)
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(VOCABULARY)
    elif postgres:
        schema_editor.execute(INDEX)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE search_title_vocabulary")
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS search_title_index")
    schema_editor.execute("DROP TABLE search_title_words")


class Migration(migrations.Migration):
    dependencies = [("search", "0003_catalogue_store")]
    operations = [migrations.RunPython(create, drop)]
