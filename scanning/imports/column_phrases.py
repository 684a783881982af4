"""What the words of a header mean: a field, or surely none of ours, or nothing by themselves. Pure."""

from collections.abc import Mapping
from functools import cache

from scanning.csv_format import Field
from scanning.imports.column_words import WORDS
from scanning.imports.headers import folded_header

# what no field stands for, however alike it sounds
OTHERS = """
    id, no, nr, nummer, number, numero, index, key, row key, uuid, code, average rating, avg rating, community rating, goodreads
    rating, ratings count, rating count, durchschnittliche bewertung, note moyenne, valoracion media, voto medio, avaliacao media,
    gemiddelde beoordeling, srednia ocena, prumerne hodnoceni, title sort, sort title, author sort, author l f, original title,
    originaltitel, titre original, titulo original, titolo originale, oorspronkelijke titel, tytul oryginalu, originalni nazev,
    originaltitul, original language, originalsprache, langue originale, idioma original, lingua originale, oorspronkelijke taal,
    jezyk oryginalu, originalni jazyk, translator, ubersetzer, traducteur, traductor, traduttore, tradutor, vertaler, tlumacz,
    prekladatel, editor in chief, illustrator, illustrateur, ilustrador, illustratore, ilustrator, narrator, sprecher, narrateur,
    narrador, lektor, genre, genres, gattung, kategorie, category, categorie, categoria, gatunek, zanr, genero, genere, subject,
    subjects, topic, thema, sujet, tema, soggetto, assunto, onderwerp, temat, description, summary, beschreibung, inhalt,
    zusammenfassung, resume, descripcion, descrizione, descricao, resumen, riassunto, resumo, trama, sinopse, sinopsis,
    beschrijving, samenvatting, opis, popis, anotace, blurb, synopsis, cover, cover url, cover image, image, image url, bild,
    umschlag, couverture, portada, copertina, capa, omslag, okladka, obalka, url, link, lien, enlace, price, preis, prix, precio,
    prezzo, preco, prijs, cena, list price, location, standort, ort, emplacement, lieu, ubicacion, posizione, localizacao, locatie,
    lokalizacja, umisteni, country, land, pays, pais, paese, kraj, zeme, place of publication, erscheinungsort, verlagsort,
    condition, zustand, etat, estado de conservacao, stav knihy, weight, gewicht, dimensions, height, size, signed, signed by, lent
    to, loaned to, verliehen an, owner, besitzer, owned, owned copies, copies, quantity, anzahl, menge, quantite, cantidad,
    quantidade, aantal, ilosc, pocet, edition, auflage, ausgabe, edicion, edizione, edicao, druk, editie, wydanie, vydani, edition
    number, collection, coleccion, collana, colecao, colection, kolekcja, issn, dewey, ddc, lcc, call number, signatur, cote,
    barcode, type, typ, tipo, soort, item type, gender, nationality, recommended by, spoiler, moods, pace, word count, current page,
    reading progress, updated, updated at, modified, last modified, date modified, bookshelves with positions, volume id, file,
    filename, path, particule auteur, born, birth year, author birth year, media count, rank, ranking, rang, position
"""  # fmt: skip

# beside one of these a word of a field is about something else
OTHER_THAN = frozenset({
    "average", "avg", "community", "count", "durchschnitt", "durchschnittliche", "moyenne", "moyen", "media", "medio",
    "gemiddelde", "gemiddeld", "srednia", "prumer", "prumerne", "sort", "sorting", "sortierung", "original", "originale",
    "origineel", "oorspronkelijke", "id", "ids", "key", "uuid", "hash", "url", "link", "image", "cover", "bild", "price", "preis",
    "birth", "born", "geburt", "gender", "nationality", "country", "role", "rolle", "thumbnail", "translator", "ubersetzer",
    "illustrator", "narrator", "place", "ort", "lieu", "lugar", "luogo", "local", "plaats", "gesamt", "amazon", "goodreads",
    "library", "biblioteca", "code", "type",
})  # fmt: skip
FILLERS = frozenset({
    "the", "of", "it", "a", "an", "in", "my", "your", "is", "s", "book", "books", "buch", "buches", "bucher", "livre", "livres",
    "libro", "libros", "libri", "livro", "livros", "boek", "boeken", "ksiazki", "ksiazka", "knihy", "kniha", "mein", "meine",
    "meiner", "der", "die", "das", "des", "dem", "den", "am", "im", "und", "mon", "ma", "mes", "le", "la", "les", "du", "de", "d",
    "l", "et", "el", "los", "mi", "mis", "y", "il", "lo", "gli", "di", "del", "della", "mio", "mia", "e", "o", "os", "as", "do",
    "da", "dos", "meu", "minha", "het", "een", "van", "mijn", "moje", "moj", "muj", "w", "z", "i", "column", "spalte", "field",
})  # fmt: skip


# what may head a column of anything
WEAK = frozenset({
    "name", "nombre", "nome", "by", "von", "book", "buch", "livre", "libro", "livro", "boek", "press", "work", "obra", "opera",
    "read", "part", "of",
})  # fmt: skip

Meaning = tuple[Field | None, str]  # None: none of ours; the language, empty for that


@cache
def by_phrase() -> Mapping[str, tuple[Meaning, ...]]:
    """What a folded header may mean: "note" is a rating in French, and notes in English."""
    found: dict[str, list[Meaning]] = {folded_header(phrase): [(None, "")] for phrase in OTHERS.split(",")}
    for field, tables in WORDS.items():
        for language, phrases in tables.items():
            for phrase in phrases.split(","):
                meanings = found.setdefault(folded_header(phrase), [])
                if all(field is not known for known, _ in meanings):
                    meanings.append((field, language))
    return {phrase: tuple(meanings) for phrase, meanings in found.items()}
