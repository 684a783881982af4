"""Rows of the search app: the local catalogue and its loads, the metadata of cache entries, the providers' daily ledgers.

References between catalogue rows are not held by the database: a dump's edition may come before its work, or without it. Primary keys
of loaded rows are worked out from the source's own ids (catalogue/keys.py); `revision` is the source's, 0 for rows made by ourselves.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from search.catalogue.keys import olid_of


class Author(models.Model):
    """A writer of the local catalogue."""

    name = models.CharField(max_length=300)
    name_key = models.CharField(max_length=600)  # title_index.author_key_words
    birth_year = models.SmallIntegerField(null=True, blank=True)
    death_year = models.SmallIntegerField(null=True, blank=True)
    revision = models.IntegerField(default=0, editable=False)

    class Meta:
        indexes = [models.Index(fields=["name_key"], name="author_by_key")]

    def __str__(self) -> str:
        return self.name

    @property
    def openlibrary_id(self) -> str | None:
        """OL…A; None where Open Library is not the source."""
        return olid_of(self.pk, "A")


class Work(models.Model):
    """A work of the local catalogue."""

    source_id = models.CharField(max_length=120, null=True, blank=True)  # "sample:dune"; None for Open Library: the key says it
    title = models.CharField(max_length=500)
    subtitle = models.CharField(max_length=500, blank=True)
    other_titles = models.JSONField(default=list, blank=True)
    authors: models.ManyToManyField[Author, "Authorship"] = models.ManyToManyField(Author, through="Authorship", related_name="works")
    first_year = models.SmallIntegerField(null=True, blank=True)
    original_language = models.CharField(max_length=2, blank=True)
    subjects = models.JSONField(default=list, blank=True)
    series_name = models.CharField(max_length=300, blank=True)
    series_position = models.FloatField(null=True, blank=True)
    title_words = models.TextField(editable=False)  # " dune messiah ": normalised, for the title index
    author_words = models.TextField(editable=False)
    title_hash = models.IntegerField(default=0, editable=False)  # title_index.hash_of: the exact title, found at once
    revision = models.IntegerField(default=0, editable=False)

    class Meta:
        indexes = [models.Index(fields=["title_hash"], name="work_by_title")]
        constraints = [
            models.UniqueConstraint(fields=["source_id"], condition=models.Q(source_id__isnull=False), name="work_once_per_source")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def openlibrary_id(self) -> str | None:
        """OL…W; None where Open Library is not the source."""
        return olid_of(self.pk, "W")


class Authorship(models.Model):
    """An author of a work, in the order of the title page."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, db_constraint=False, db_index=False)  # the constraint's index serves
    author = models.ForeignKey(Author, on_delete=models.CASCADE, db_constraint=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["work", "author"], name="author_once_per_work")]


class Edition(models.Model):
    """A publication of a work of the local catalogue; what identifies it besides its first ISBN are identifiers."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="editions", db_constraint=False)
    position = models.PositiveSmallIntegerField(default=0)  # within the work, as loaded
    isbn = models.BigIntegerField(null=True, blank=True)  # ISBN-13 as a number: measured in docs/performance.md
    title = models.CharField(max_length=500, blank=True)  # where it differs from the work's, or the work is not known
    subtitle = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=2, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    published = models.CharField(max_length=10, blank=True)  # YYYY, YYYY-MM or YYYY-MM-DD
    page_count = models.PositiveIntegerField(null=True, blank=True)
    format = models.CharField(max_length=16, blank=True)
    cover = models.IntegerField(null=True, blank=True)  # Open Library's number of the picture
    revision = models.IntegerField(default=0, editable=False)

    class Meta:
        ordering = ["position", "pk"]
        indexes = [models.Index(fields=["isbn"], name="edition_by_isbn", condition=models.Q(isbn__isnull=False))]

    def __str__(self) -> str:
        return self.title or f"edition {self.pk}"

    @property
    def openlibrary_id(self) -> str | None:
        """OL…M; None where Open Library is not the source."""
        return olid_of(self.pk, "M")


class Identifier(models.Model):
    """A name that some scheme gives to an edition."""

    class Scheme(models.TextChoices):
        ISBN = "isbn", "ISBN-13"  # the second and further ones of an edition
        GOODREADS = "goodreads", "Goodreads"
        LIBRARYTHING = "librarything", "LibraryThing"
        ASIN = "asin", "ASIN"
        LCCN = "lccn", "LCCN"
        OCLC = "oclc", "OCLC"
        GOOGLE = "google", "Google Books"

    scheme = models.CharField(max_length=16, choices=Scheme.choices)
    value = models.CharField(max_length=64)
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="identifiers", db_constraint=False)

    class Meta:
        # Real catalogues give one ISBN to several editions: neither is dropped.
        constraints = [models.UniqueConstraint(fields=["scheme", "value", "edition"], name="identifier_once_per_edition")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class Redirect(models.Model):
    """A row of a dump that was merged into another; kept, so that an old id still leads somewhere."""

    letter = models.CharField(max_length=1)  # W, M or A
    old = models.BigIntegerField()  # primary keys
    new = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["letter", "old"], name="redirect_once")]

    def __str__(self) -> str:
        return f"{olid_of(self.old, self.letter)} → {olid_of(self.new, self.letter)}"  # type: ignore[arg-type]


class Merge(models.Model):
    """A row that staff merged into another of its kind. What it changed is kept, row by row, so that it can be undone."""

    letter = models.CharField(max_length=1)
    kept = models.BigIntegerField()  # primary keys
    gone = models.BigIntegerField()
    kept_name = models.CharField(max_length=300)
    gone_name = models.CharField(max_length=300)
    changes = models.JSONField(default=list, editable=False)  # curation/changes.py
    given = models.JSONField(default=dict, editable=False)  # what the staying row got: a load that brings it anew gives it again
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["letter", "kept"], name="merge_by_kept")]

    def __str__(self) -> str:
        return f"{self.gone_name} → {self.kept_name}"


class Correction(models.Model):
    """A field of a row that staff corrected: loads keep it, and no other provider's word goes before it."""

    letter = models.CharField(max_length=1)
    key = models.BigIntegerField()
    field = models.CharField(max_length=32)  # a column
    value = models.JSONField(null=True)
    source_value = models.JSONField(null=True)  # what stood there, or came with the newest load since
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["key", "letter", "field"], name="correction_once")]

    def __str__(self) -> str:
        return f"{self.field} of {olid_of(self.key, self.letter) or self.key}"  # type: ignore[arg-type]


class Load(models.Model):
    """A file that is, or was, read into the local catalogue; how far, and what became of its records."""

    class State(models.TextChoices):
        RUNNING = "running"  # or killed: it goes on from its position when the command is given again
        STOPPED = "stopped"  # by --limit or Ctrl-C; it goes on in the same way
        FAILED = "failed"  # the file could not be read to its end
        DONE = "done"

    name = models.CharField(max_length=300)
    fingerprint = models.CharField(max_length=64, unique=True)  # of the file's size, beginning and end: the same file, wherever it lies
    size_bytes = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    position_bytes = models.BigIntegerField(default=0)  # of the text, decompressed
    lines = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)  # {"works": 10, "works changed": 2, "bad": 1, …}
    bad_lines = models.BigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return self.name


class LoadError(models.Model):
    """A line that could not be read, and why."""

    load = models.ForeignKey(Load, on_delete=models.CASCADE, related_name="errors")
    line = models.BigIntegerField()  # from 1
    reason = models.CharField(max_length=200)
    excerpt = models.CharField(max_length=200)

    class Meta:
        ordering = ["line"]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class CacheEntry(models.Model):
    """Metadata of one cached answer; the answer itself is in the tiers."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=16, db_index=True)  # isbn, title, advanced, any
    label = models.CharField(max_length=200, blank=True)  # what was asked, for people
    tier = models.CharField(max_length=8, default="redis")
    providers = models.CharField(max_length=100, blank=True)
    found = models.PositiveIntegerField(default=0)  # works in the answer; 0 is a negative answer
    quality = models.PositiveSmallIntegerField(default=0)  # mean, 0..100
    size_bytes = models.PositiveIntegerField(default=0)
    hits = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    expires_at = models.DateTimeField(db_index=True)
    last_hit_at = models.DateTimeField(null=True, blank=True)
    question = models.JSONField(null=True, blank=True, editable=False)  # what to ask again to fill it anew; None where that is not kept
    cold_name = models.CharField(max_length=120, null=True, blank=True, editable=False)  # of its file in the archive: search/tiers/cold.py
    counted_hits = models.PositiveBigIntegerField(default=0, editable=False)  # its hits at `counted_at`: archival looks at a month of them
    counted_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "cache entries"
        indexes = [models.Index(fields=["cold_name"], name="entry_with_cold_file", condition=models.Q(cold_name__isnull=False))]

    def __str__(self) -> str:
        return self.key


class ProviderDay(models.Model):
    """What was asked of a provider on one UTC day: the ledger that its daily budget is held against."""

    provider = models.CharField(max_length=32)
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day", "provider"]
        verbose_name_plural = "providers"
        constraints = [models.UniqueConstraint(fields=["provider", "day"], name="one_ledger_per_provider_and_day")]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}"
