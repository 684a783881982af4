"""Rows of the search app: the local catalogue, the metadata of cache entries, the providers' daily ledgers."""

from django.db import models
from django.utils import timezone


class Author(models.Model):
    """A writer of the local catalogue."""

    name = models.CharField(max_length=300)
    name_key = models.CharField(max_length=300, db_index=True)  # normalisers.names.author_key
    birth_year = models.SmallIntegerField(null=True, blank=True)
    death_year = models.SmallIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Work(models.Model):
    """A work of the local catalogue."""

    source_id = models.CharField(
        max_length=120, unique=True
    )  # "sample:dune": which load it came from, and its id there
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

    def __str__(self) -> str:
        return self.title


class Authorship(models.Model):
    """An author of a work, in the order of the title page."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["work", "author"], name="author_once_per_work")]


class Edition(models.Model):
    """A publication of a work of the local catalogue; its ISBNs are identifiers."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="editions")
    position = models.PositiveSmallIntegerField(default=0)  # within the work, as loaded
    title = models.CharField(max_length=500, blank=True)  # where it differs from the work's
    language = models.CharField(max_length=2, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    published = models.CharField(max_length=10, blank=True)  # YYYY, YYYY-MM or YYYY-MM-DD
    page_count = models.PositiveIntegerField(null=True, blank=True)
    format = models.CharField(max_length=16, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["work", "position"], name="edition_position_once_per_work")]

    def __str__(self) -> str:
        return self.title or self.work.title


class Identifier(models.Model):
    """A name that some scheme gives to an edition."""

    class Scheme(models.TextChoices):
        ISBN = "isbn", "ISBN-13"

    scheme = models.CharField(max_length=16, choices=Scheme.choices)
    value = models.CharField(max_length=64)
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="identifiers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "value"], name="identifier_names_one_edition")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


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
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    last_hit_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "cache entries"

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
