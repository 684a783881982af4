"""What staff may type into fields of the catalogue. Only what they changed is checked: a source's odd value is no fault of theirs."""

import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookstrack.lib import clock
from search.curation.facts import FIELDS
from search.identifiers import InvalidIsbn, parse_isbn
from search.models import Author, Edition, Identifier, Work
from search.normalisers.dates import FIRST_YEAR, MAX_YEARS_BEFORE, parse_date
from search.normalisers.languages import language_code
from search.normalisers.numbers import MAX_PAGES
from search.normalisers.text import clean_line

FORMATS = ("Hardcover", "Paperback", "E-book", "Audiobook", "Mass Market")
SUBJECTS = 50
SUBJECT_CHARS = 80
MAX_POSITION = 10_000


class Line(forms.CharField):
    """One clean line."""

    def __init__(self, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, widget=forms.TextInput(attrs={"class": "vLargeTextField"}), **kwargs)

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")


class Lines(forms.CharField):
    """A list, one a line."""

    widget = forms.Textarea(attrs={"rows": 6})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        return [line for line in dict.fromkeys(map(clean_line, lines)) if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))

    def validate(self, value: Any) -> None:
        if len(value) > SUBJECTS or any(len(line) > SUBJECT_CHARS for line in value):
            raise ValidationError(f"At most {SUBJECTS} lines of {SUBJECT_CHARS} characters.")

    def run_validators(self, value: Any) -> None:
        """None of those of a text."""


class Year(forms.IntegerField):
    """A year; before the common era negative. Catalogues know no year of a work between."""

    def __init__(self, *, first: int = FIRST_YEAR, **kwargs: Any) -> None:
        super().__init__(required=False, help_text="Before the common era: negative.", **kwargs)
        self.first = first

    def validate(self, value: Any) -> None:
        super().validate(value)
        last = clock.now().year + 1
        if value is not None and not (self.first <= value <= last and value) and not -MAX_YEARS_BEFORE <= value < 0:
            raise ValidationError(f"A year from {self.first} to {last}, or before the common era.")


class PublishedOn(forms.CharField):
    """YYYY, YYYY-MM or YYYY-MM-DD."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        parsed = parse_date(value) if value else None
        if value and (parsed is None or parsed.iso != value):
            raise ValidationError("A date as YYYY, YYYY-MM or YYYY-MM-DD, from 1000 to next year.")


class LanguageCode(forms.CharField):
    """A language by its two letters; its name or a longer code is turned into them."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        code = language_code(text) if text else ""
        if code is None:
            raise ValidationError("No language of ISO 639-1.")
        return code


class IsbnNumber(forms.CharField):
    """An ISBN in any spelling, as the number of its 13 digits."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value:013d}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, int):
            return value or None
        try:
            return int(parse_isbn(str(value)).isbn13)
        except InvalidIsbn as error:
            raise ValidationError(str(error)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True

    def run_validators(self, value: Any) -> None:
        """None of those of a text."""


class _Corrections(forms.ModelForm[Any]):
    """What was changed is what is another than the form showed, whatever a load has written since."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in set(self.fields) - set(self.changed_data):
            self.errors.pop(name, None)
            cleaned[name] = getattr(self.instance, name)
        return cleaned

    def corrected(self) -> dict[str, Any]:
        """The new values by column."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.fields}


class WorkForm(_Corrections):
    title = Line(500)
    subtitle = Line(500, required=False)
    first_year = Year()
    original_language = LanguageCode(max_length=60, required=False)
    subjects = Lines(required=False, max_length=SUBJECTS * (SUBJECT_CHARS + 2), help_text="One a line.")
    series_name = Line(300, required=False)
    series_position = forms.FloatField(required=False, min_value=0, max_value=MAX_POSITION)

    class Meta:
        model = Work
        fields = FIELDS["W"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        position = cleaned.get("series_position")
        if position is not None and not math.isfinite(position):
            self.add_error("series_position", "A number.")
        if position is not None and not cleaned.get("series_name"):
            self.add_error("series_position", "A place in which series?")
        return cleaned


class EditionForm(_Corrections):
    title = Line(500, required=False, help_text="Where it is another than the work's.")
    subtitle = Line(500, required=False)
    publisher = Line(300, required=False)
    published = PublishedOn(max_length=10, required=False, help_text="YYYY, YYYY-MM or YYYY-MM-DD.")
    page_count = forms.IntegerField(required=False, min_value=1, max_value=MAX_PAGES, label="pages")
    format = forms.ChoiceField(required=False, choices=[("", "unknown"), *((name, name) for name in FORMATS)])
    language = LanguageCode(max_length=60, required=False)
    isbn = IsbnNumber(max_length=64, required=False, label="ISBN", help_text="The first one; 10 or 13 digits.")

    class Meta:
        model = Edition
        fields = FIELDS["M"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.format not in ("", *FORMATS):  # a source's own word is no choice, and not lost by saving something else
            self.fields["format"].choices += [(self.instance.format, self.instance.format)]  # type: ignore[attr-defined]

    def clean_isbn(self) -> Any:
        isbn = self.cleaned_data["isbn"]
        if isbn and Identifier.objects.filter(edition=self.instance, scheme="isbn", value=f"{isbn:013d}").exists():
            raise ValidationError("This is a further ISBN of this edition already.")
        return isbn


class AuthorForm(_Corrections):
    name = Line(300)
    birth_year = Year(first=1)
    death_year = Year(first=1)

    class Meta:
        model = Author
        fields = FIELDS["A"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        born, died = cleaned.get("birth_year"), cleaned.get("death_year")
        if self.changed_data and born is not None and died is not None and died < born:
            self.add_error("death_year", "Before the year of birth.")
        return cleaned
