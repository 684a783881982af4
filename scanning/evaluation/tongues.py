"""How people call their columns and write their values in seven languages. Data only, collected apart from what the import knows."""

from dataclasses import dataclass

from scanning.csv_format import Field

STATES = ("read", "reading", "to-read", "dnf")
BINDINGS = ("Hardcover", "Paperback", "E-book", "Audiobook")


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: names of columns by field, words of values in the order of STATES and BINDINGS, names of languages, form of dates."""

    headers: dict[Field, tuple[str, ...]]
    states: tuple[str, ...]
    bindings: tuple[str, ...]
    languages: dict[str, str]  # ISO 639-1 to the name
    date: str  # for strftime
    decimal_comma: bool = True


def _headers(text: str) -> dict[Field, tuple[str, ...]]:
    lines = (line.split(":") for line in text.strip().splitlines())
    return {Field(name.strip()): tuple(word.strip() for word in words.split(";")) for name, words in lines}


def _languages(text: str) -> dict[str, str]:
    return dict(zip(("en", "de", "fr", "es", "it", "pt", "nl"), text.split(), strict=True))


TONGUES = {
    "en": Tongue(
        _headers("""
            title: Title; Book; Book Title; Name of book
            author: Author; Author(s); Written by; Author Name
            isbn: ISBN; ISBN-13; ISBN/EAN; ISBN number
            series: Series; Series name
            seriesPosition: Vol.; Book #; Number in series
            publisher: Publisher; Published by
            publicationDate: Year; Published; Publication Year
            pageCount: Pages; No. of pages; Page count
            format: Format; Binding
            userRating: My rating; Stars; Score
            readingStatus: Status; Reading status
            dateRead: Finished; Date finished; Read on
            dateAdded: Added on; Date added
            shelves: Tags; Shelf; Shelves
            review: Review; My review
            notes: Notes; Comments
            language: Language"""),
        ("read", "reading", "to read", "did not finish"), BINDINGS,
        _languages("English German French Spanish Italian Portuguese Dutch"), "%Y-%m-%d", decimal_comma=False,
    ),
    "de": Tongue(
        _headers("""
            title: Titel; Buchtitel; Titel des Buchs
            author: Autor; Verfasser; Autor/in; AutorIn
            isbn: ISBN; ISBN-Nummer; ISBN-Nr.
            series: Reihe; Serie; Buchreihe
            seriesPosition: Band; Bandnummer; Band-Nr.
            publisher: Verlag; Herausgegeben von
            publicationDate: Jahr; Erscheinungsjahr; Erschienen
            pageCount: Seiten; Seitenzahl; Anzahl Seiten
            format: Format; Einband; Bindung
            userRating: Bewertung; Sterne; Note
            readingStatus: Status; Lesestatus
            dateRead: Gelesen am; Beendet am; Ausgelesen
            dateAdded: Hinzugefügt am; Hinzugefügt; Aufgenommen am
            shelves: Schlagwörter; Regal; Tags
            review: Rezension; Meine Meinung
            notes: Notizen; Anmerkungen; Bemerkungen
            language: Sprache"""),
        ("gelesen", "lese ich gerade", "ungelesen", "abgebrochen"), ("gebunden", "Taschenbuch", "E-Book", "Hörbuch"),
        _languages("Englisch Deutsch Französisch Spanisch Italienisch Portugiesisch Niederländisch"), "%d.%m.%Y",
    ),
    "fr": Tongue(
        _headers("""
            title: Titre; Titre du livre; Nom du livre
            author: Auteur; Auteur(s); Écrivain; Auteur·e
            isbn: ISBN; N° ISBN; Numéro ISBN
            series: Série; Saga; Cycle
            seriesPosition: Tome; N° de tome; Volume
            publisher: Éditeur; Maison d'édition
            publicationDate: Année; Année de parution; Date de publication
            pageCount: Pages; Nombre de pages; Nb pages
            format: Format; Reliure
            userRating: Note; Ma note; Étoiles
            readingStatus: Statut; État de lecture; Statut de lecture
            dateRead: Lu le; Date de lecture; Terminé le
            dateAdded: Ajouté le; Date d'ajout
            shelves: Étiquettes; Étagère; Mots-clés
            review: Critique; Avis; Mon avis
            notes: Commentaire; Remarques; Commentaires
            language: Langue"""),
        ("lu", "en cours", "à lire", "abandonné"), ("relié", "broché", "ebook", "livre audio"),
        _languages("anglais allemand français espagnol italien portugais néerlandais"), "%d/%m/%Y",
    ),
    "es": Tongue(
        _headers("""
            title: Título; Título del libro; Libro
            author: Autor; Autor/a; Escritor; Autores
            isbn: ISBN; Código ISBN; Número de ISBN
            series: Serie; Saga
            seriesPosition: Volumen; Número; Tomo
            publisher: Editorial; Casa editorial
            publicationDate: Año; Año de publicación; Fecha de publicación
            pageCount: Páginas; Número de páginas; Nº de páginas
            format: Formato; Encuadernación
            userRating: Valoración; Puntuación; Mi nota
            readingStatus: Estado; Estado de lectura
            dateRead: Fecha de lectura; Leído el; Terminado el
            dateAdded: Añadido el; Fecha de alta
            shelves: Etiquetas; Estantería; Estante
            review: Reseña; Opinión; Mi opinión
            notes: Notas; Comentarios; Observaciones
            language: Idioma; Lengua"""),
        ("leído", "leyendo", "por leer", "abandonado"), ("tapa dura", "tapa blanda", "libro electrónico", "audiolibro"),
        _languages("inglés alemán francés español italiano portugués neerlandés"), "%d/%m/%Y",
    ),
    "it": Tongue(
        _headers("""
            title: Titolo; Titolo del libro; Nome del libro
            author: Autore; Autore/i; Scrittore; Autori
            isbn: ISBN; Codice ISBN
            series: Serie; Saga; Ciclo
            seriesPosition: Volume; Numero; Vol.
            publisher: Editore; Casa editrice
            publicationDate: Anno; Anno di pubblicazione; Data di pubblicazione
            pageCount: Pagine; Numero di pagine; N. pagine
            format: Formato; Rilegatura
            userRating: Voto; Valutazione; Stelle
            readingStatus: Stato; Stato di lettura
            dateRead: Data di lettura; Letto il; Finito il
            dateAdded: Aggiunto il; Data di aggiunta
            shelves: Etichette; Scaffale; Tag
            review: Recensione; La mia recensione
            notes: Note; Commenti; Annotazioni
            language: Lingua"""),
        ("letto", "in lettura", "da leggere", "abbandonato"), ("copertina rigida", "brossura", "ebook", "audiolibro"),
        _languages("inglese tedesco francese spagnolo italiano portoghese olandese"), "%d/%m/%Y",
    ),
    "pt": Tongue(
        _headers("""
            title: Título; Título do livro; Livro
            author: Autor; Autor(a); Escritor; Autores
            isbn: ISBN; Código ISBN
            series: Série; Saga
            seriesPosition: Volume; Número; Nº na série
            publisher: Editora; Casa editora
            publicationDate: Ano; Ano de publicação; Data de publicação
            pageCount: Páginas; Número de páginas; Nº de páginas
            format: Formato; Encadernação
            userRating: Avaliação; Nota; Classificação
            readingStatus: Status; Estado; Situação
            dateRead: Data de leitura; Lido em; Terminado em
            dateAdded: Adicionado em; Data de inclusão
            shelves: Etiquetas; Estante; Prateleira
            review: Resenha; Crítica; Opinião
            notes: Notas; Observações; Comentários
            language: Idioma; Língua"""),
        ("lido", "lendo", "quero ler", "abandonado"), ("capa dura", "brochura", "e-book", "audiolivro"),
        _languages("inglês alemão francês espanhol italiano português holandês"), "%d/%m/%Y",
    ),
    "nl": Tongue(
        _headers("""
            title: Titel; Boektitel; Titel van het boek
            author: Auteur; Schrijver; Auteur(s)
            isbn: ISBN; ISBN-nummer; ISBN-nr
            series: Reeks; Serie; Boekenreeks
            seriesPosition: Deel; Deelnummer; Deel nr.
            publisher: Uitgever; Uitgeverij
            publicationDate: Jaar; Jaar van uitgave; Verschijningsjaar
            pageCount: Pagina's; Aantal pagina's; Bladzijden
            format: Formaat; Uitvoering; Bindwijze
            userRating: Beoordeling; Cijfer; Waardering
            readingStatus: Status; Leesstatus
            dateRead: Gelezen op; Uitgelezen op; Uit op
            dateAdded: Toegevoegd op; Toegevoegd
            shelves: Labels; Plank; Trefwoorden
            review: Recensie; Bespreking
            notes: Opmerkingen; Notities
            language: Taal"""),
        ("gelezen", "aan het lezen", "te lezen", "niet uitgelezen"), ("gebonden", "paperback", "e-book", "luisterboek"),
        _languages("Engels Duits Frans Spaans Italiaans Portugees Nederlands"), "%d-%m-%Y",
    ),
}  # fmt: skip
