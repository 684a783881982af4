"""The words that people head their columns with, by field and language. Accents and case do not count (`headers.folded_header`). Pure.

Source: headers of real exports and lists, and the words of the programs that are translated into these languages.
"""

from collections.abc import Mapping

from scanning.csv_format import Field

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs")
DAY_FIRST = frozenset(LANGUAGES) - {"en"}  # in English it is either

WORDS: Mapping[Field, Mapping[str, str]] = {
    Field.TITLE: {
        "en": "title, book title, book name, name of book, book, work title, title of the book, full title, item title, name",
        "de": "titel, buchtitel, haupttitel, buch, titel des buches, werktitel, name des buches",
        "fr": "titre, titre du livre, livre, nom du livre, intitule, titre de l'ouvrage, ouvrage, titre principal",
        "es": "titulo, titulo del libro, libro, nombre del libro, nombre, obra",
        "it": "titolo, titolo del libro, libro, nome del libro, titolo libro, opera",
        "pt": "titulo, titulo do livro, livro, nome do livro, obra, nome",
        "nl": "titel, boektitel, titel van het boek, boek, naam van het boek, naam boek",
        "pl": "tytul, tytul ksiazki, ksiazka, nazwa ksiazki", "cs": "nazev, nazev knihy, titul, kniha, titul knihy, jmeno knihy",
    },
    Field.SUBTITLE: {
        "en": "subtitle, sub title", "de": "untertitel", "fr": "sous titre", "es": "subtitulo", "it": "sottotitolo",
        "pt": "subtitulo", "nl": "ondertitel, subtitel", "pl": "podtytul", "cs": "podtitul, podnazev",
    },
    Field.AUTHOR: {
        "en": "author, authors, written by, writer, writers, author name, author s, by, creator, creators, primary author, main "
        "author, author full name, book author, first author, author names",
        "de": "autor, autoren, verfasser, autorin, verfasserin, schriftsteller, autor in, autor innen, von, urheber, "
        "geschrieben von, name des autors, autorenname",
        "fr": "auteur, auteurs, auteur e, ecrivain, ecrit par, nom de l'auteur, nom complet auteur, nom auteur complet, "
        "auteure, auteur principal, auteur s",
        "es": "autor, autores, autora, escritor, escritora, escrito por, nombre del autor, autor a, autor es",
        "it": "autore, autori, autrice, scrittore, scritto da, nome autore, nome dell'autore, autore i",
        "pt": "autor, autores, autora, escritor, escrito por, nome do autor, autor a, autor es",
        "nl": "auteur, auteurs, schrijver, schrijvers, geschreven door, naam auteur, auteur s",
        "pl": "autor, autorzy, autorka, pisarz, imie i nazwisko autora, napisane przez, autor ka",
        "cs": "autor, autori, autorka, spisovatel, jmeno autora, napsal",
    },
    Field.ADDITIONAL_AUTHORS: {
        "en": "additional authors, other authors, co authors, coauthors, secondary author, secondary authors, contributors, "
        "second author, co author",
        "de": "weitere autoren, mitautoren, co autoren, koautoren, mitwirkende, weitere verfasser",
        "fr": "autres auteurs, co auteurs, coauteurs, contributeurs, auteurs secondaires",
        "es": "otros autores, coautores, autores adicionales, colaboradores", "it": "altri autori, coautori, autori aggiuntivi",
        "pt": "outros autores, coautores, co autores, autores adicionais",
        "nl": "andere auteurs, medeauteurs, co auteurs, overige auteurs", "pl": "inni autorzy, wspolautorzy, pozostali autorzy",
        "cs": "dalsi autori, spoluautori, ostatni autori",
    },
    Field.AUTHOR_FIRST: {
        "en": "first name, author first name, given name, author first, forename",
        "de": "vorname, vorname autor, vorname des autors, autor vorname",
        "fr": "prenom, prenom auteur, prenom de l'auteur, auteur prenom",
        "es": "nombre del autor de pila, nombre de pila, nombre autor", "it": "nome di battesimo", "pt": "primeiro nome",
        "nl": "voornaam, voornaam auteur", "pl": "imie, imie autora", "cs": "jmeno, krestni jmeno",
    },
    Field.AUTHOR_LAST: {
        "en": "last name, author last name, surname, family name, author last",
        "de": "nachname, nachname autor, familienname, nachname des autors, autor nachname",
        "fr": "nom auteur, nom de famille, nom de famille auteur, auteur nom",
        "es": "apellido, apellidos, apellido autor, apellidos autor, apellido del autor", "it": "cognome, cognome autore",
        "pt": "sobrenome, apelido, sobrenome autor, ultimo nome", "nl": "achternaam, achternaam auteur",
        "pl": "nazwisko, nazwisko autora", "cs": "prijmeni, prijmeni autora",
    },
    Field.ISBN: {
        "en": "isbn, isbn13, isbn10, isbn number, isbn code, ean, isbn ean, isbn uid, ean isbn13, isbns, isbn s, ean13",
        "de": "isbn nummer, isbn nr, isbnnummer, isbn13 nummer", "fr": "numero isbn, code isbn, n isbn, no isbn",
        "es": "numero isbn, codigo isbn, numero de isbn", "it": "codice isbn, numero isbn",
        "pt": "codigo isbn, numero isbn, numero do isbn", "nl": "isbn nummer, isbnnummer", "pl": "numer isbn, kod isbn, nr isbn",
        "cs": "cislo isbn, kod isbn",
    },
    Field.SERIES: {
        "en": "series, series name, series title, saga, book series",
        "de": "reihe, serie, buchreihe, reihenname, buchserie, reihentitel", "fr": "serie, saga, cycle, nom de la serie",
        "es": "serie, saga, nombre de la serie", "it": "serie, saga, ciclo, nome della serie", "pt": "serie, saga, nome da serie",
        "nl": "serie, reeks, boekenreeks, serienaam, boekenserie", "pl": "seria, cykl, nazwa serii, seria cykl",
        "cs": "serie, edicni rada, cyklus, nazev serie",
    },
    Field.SERIES_POSITION: {
        "en": "series number, volume, volume number, number in series, series index, book number, series position, vol, vol no, "
        "series order, part, volume no, series no, book no",
        "de": "band, bandnummer, reihennummer, nummer in der reihe, teil, band nr, bandnr, serienband, reihenfolge",
        "fr": "tome, numero dans la serie, volume, numero de tome, n tome, no tome, numero de volume",
        "es": "volumen, numero en la serie, tomo, numero de serie", "it": "volume, numero nella serie, numero volume",
        "pt": "volume, numero na serie, tomo", "nl": "deel, deelnummer, nummer in serie, reeksnummer, volgnummer",
        "pl": "tom, numer tomu, numer w serii, czesc", "cs": "dil, cislo dilu, poradi v serii, svazek, cislo svazku",
    },
    Field.PUBLISHER: {
        "en": "publisher, publishing house, published by, publishers, imprint, publisher name, press",
        "de": "verlag, verlagsname, herausgegeben von, verlagshaus, verleger",
        "fr": "editeur, maison d'edition, editions, nom de l'editeur",
        "es": "editorial, editor, editora, casa editorial, publicado por", "it": "casa editrice, editore, edito da, pubblicato da",
        "pt": "editora, editor, casa editorial, publicado por, nome da editora",
        "nl": "uitgever, uitgeverij, uitgegeven door, naam uitgever", "pl": "wydawnictwo, wydawca, wydane przez, oficyna",
        "cs": "nakladatelstvi, vydavatel, nakladatel, vydavatelstvi, vydal",
    },
    Field.PUBLICATION_DATE: {
        "en": "publication date, publication year, year, year published, year of publication, published, date published, "
        "release date, publish date, pub date, pubdate, release year, pub year, publish year, published date, published "
        "in, date of publication, edition year, published year",
        "de": "erscheinungsjahr, jahr, erscheinungsdatum, veroffentlichungsjahr, veroffentlicht, erschienen, publikationsjahr, "
        "veroffentlichungsdatum, jahr der veroffentlichung, verlagsjahr, erschienen am, ausgabejahr, erschienen im jahr",
        "fr": "annee, annee de publication, date de publication, annee de parution, date de parution, parution, annee "
        "d'edition, date d'edition, publie en, annee edition, annee parution, annee publication, date parution, paru en",
        "es": "ano, ano de publicacion, fecha de publicacion, publicado, ano de edicion, fecha de edicion, ano publicacion, ano "
        "edicion, publicacion",
        "it": "anno, anno di pubblicazione, data di pubblicazione, pubblicato, anno di edizione, data pubblicazione, anno "
        "pubblicazione, anno edizione, pubblicazione",
        "pt": "ano, ano de publicacao, data de publicacao, publicado, ano de edicao, ano de lancamento, ano publicacao, data "
        "publicacao, publicado em, publicacao",
        "nl": "jaar, jaar van uitgave, uitgavejaar, publicatiejaar, publicatiedatum, verschijningsdatum, verschenen, jaar van "
        "publicatie, uitgavedatum, verschijningsjaar, gepubliceerd, jaar van verschijnen",
        "pl": "rok, rok wydania, data wydania, rok publikacji, data publikacji, wydano, opublikowano",
        "cs": "rok, rok vydani, datum vydani, vydano, rok publikace, datum publikace",
    },
    Field.ORIGINAL_YEAR: {
        "en": "original publication year, first published, original year, first publication year, year first published, "
        "original publication date, original year published, first publish year",
        "de": "erstveroffentlichung, ersterscheinung, originaljahr, erstausgabe, jahr der erstveroffentlichung, "
        "ersterscheinungsjahr",
        "fr": "annee de premiere publication, premiere publication, annee originale, premiere parution, date de premiere "
        "publication",
        "es": "ano original, primera publicacion, ano de primera publicacion, ano de publicacion original",
        "it": "anno originale, prima pubblicazione, anno di prima pubblicazione, anno di pubblicazione originale",
        "pt": "ano original, primeira publicacao, ano da primeira publicacao, ano de publicacao original",
        "nl": "oorspronkelijk jaar, eerste publicatie, jaar van eerste uitgave, eerste uitgave",
        "pl": "rok pierwszego wydania, pierwsze wydanie, data pierwszego wydania", "cs": "rok prvniho vydani, prvni vydani",
    },
    Field.PAGE_COUNT: {
        "en": "pages, number of pages, page count, num pages, no of pages, total pages, length in pages, page number, nb pages, "
        "pagination",
        "de": "seiten, seitenzahl, anzahl seiten, anzahl der seiten, seitenanzahl, umfang",
        "fr": "pages, nombre de pages, nb pages, nb de pages, nombre pages, nbre de pages",
        "es": "paginas, numero de paginas, n de paginas, cantidad de paginas, num paginas, total de paginas",
        "it": "pagine, numero di pagine, numero pagine, n pagine, nr pagine",
        "pt": "paginas, numero de paginas, n de paginas, quantidade de paginas, num paginas",
        "nl": "pagina s, paginas, aantal pagina s, aantal paginas, bladzijden, aantal bladzijden, paginaaantal",
        "pl": "strony, liczba stron, ilosc stron, stron", "cs": "stran, pocet stran, strany, stranky, pocet stranek",
    },
    Field.FORMAT: {
        "en": "format, binding, cover type, book format, edition format, media, medium, media type, binding type, book type",
        "de": "einband, format, bindung, einbandart, ausgabeart, buchformat, medium, buchart",
        "fr": "format, reliure, type de reliure, support, couverture type", "es": "formato, encuadernacion, tipo de tapa, tapa",
        "it": "formato, rilegatura, tipo di copertina, legatura, copertina tipo",
        "pt": "formato, encadernacao, tipo de capa, acabamento",
        "nl": "formaat, bindwijze, uitvoering, band type, soort boek, verschijningsvorm",
        "pl": "format, oprawa, rodzaj oprawy, typ oprawy", "cs": "format, vazba, typ vazby, druh vazby",
    },
    Field.RATING: {
        "en": "rating, my rating, stars, my stars, star rating, score, my score, user rating, personal rating, rate, grade, "
        "your rating, rated, ratings",
        "de": "bewertung, meine bewertung, sterne, note, wertung, persoenliche bewertung, benotung, anzahl sterne",
        "fr": "note, ma note, evaluation, etoiles, appreciation, notation, mon evaluation, nombre d'etoiles",
        "es": "valoracion, calificacion, puntuacion, mi valoracion, estrellas, nota, mi calificacion, mi puntuacion, puntaje",
        "it": "voto, valutazione, il mio voto, stelle, punteggio, mia valutazione, mio voto, giudizio",
        "pt": "avaliacao, classificacao, minha avaliacao, estrelas, nota, pontuacao, minha nota, minha classificacao",
        "nl": "beoordeling, waardering, mijn beoordeling, sterren, score, cijfer, mijn waardering, rating",
        "pl": "ocena, moja ocena, gwiazdki, punktacja, ilosc gwiazdek",
        "cs": "hodnoceni, moje hodnoceni, hvezdicky, znamka, pocet hvezdicek, hvezdy",
    },
    Field.STATUS: {
        "en": "status, reading status, read status, read, state, exclusive shelf, progress, finished, completed, read or not, "
        "is read, read yet, have read, reading state",
        "de": "status, lesestatus, gelesen, stand, lesestand, zustand des lesens",
        "fr": "statut, statut de lecture, lu, etat de lecture, etat lecture, statut lecture, avancement",
        "es": "estado, estado de lectura, leido, situacion, estado lectura", "it": "stato, stato di lettura, letto, stato lettura",
        "pt": "estado, estado de leitura, lido, status de leitura, situacao, status", "nl": "status, leesstatus, gelezen, stand",
        "pl": "status, status czytania, przeczytane, stan, przeczytana, przeczytano", "cs": "stav, stav cteni, precteno, status",
    },
    Field.DATE_READ: {
        "en": "date read, read date, finished on, date finished, finish date, end date, completed on, date completed, read on, "
        "last read, date ended, finished date, last date read, when read, finished reading, completion date, ended, date "
        "of reading, year read, read in, month read, year finished, finish, end",
        "de": "gelesen am, lesedatum, beendet am, gelesen datum, enddatum, ausgelesen am, ende, datum gelesen, zu ende gelesen, "
        "fertig gelesen am, leseende, lesejahr, gelesen im jahr, gelesen im",
        "fr": "date de lecture, lu le, date de fin, fini le, termine le, fin de lecture, date fin de lecture, date lecture, "
        "date de fin de lecture, annee de lecture, lu en",
        "es": "fecha de lectura, leido el, fecha de fin, fecha fin, terminado el, fecha lectura, fecha de finalizacion, fin de "
        "lectura, fecha leido, ano de lectura, leido en",
        "it": "data di lettura, letto il, data fine, finito il, fine lettura, data lettura, data fine lettura, data di fine, "
        "anno di lettura, letto nel",
        "pt": "data de leitura, lido em, data de fim, terminado em, fim da leitura, data leitura, data de conclusao, data lido, "
        "data de termino, ano de leitura",
        "nl": "gelezen op, leesdatum, uitgelezen op, einddatum, datum gelezen, datum uitgelezen, klaar op, gelezen datum, "
        "leesjaar, gelezen in",
        "pl": "data przeczytania, przeczytano dnia, koniec czytania, data zakonczenia, data ukonczenia, skonczone dnia, data "
        "czytania, rok przeczytania",
        "cs": "datum precteni, precteno dne, docteno, konec cteni, datum dokonceni, docteno dne, datum cteni, rok precteni",
    },
    Field.DATE_STARTED: {
        "en": "date started, started, start date, started on, began, reading started, started reading, begin date, begun, start",
        "de": "begonnen am, angefangen am, startdatum, lesebeginn, beginn, begonnen, angefangen",
        "fr": "date de debut, commence le, debut de lecture, date debut, date de debut de lecture, debut",
        "es": "fecha de inicio, empezado el, inicio de lectura, comenzado el, fecha inicio, inicio",
        "it": "data inizio, iniziato il, inizio lettura, data di inizio, inizio",
        "pt": "data de inicio, iniciado em, inicio da leitura, comecado em, data inicio, inicio",
        "nl": "begonnen op, startdatum, begindatum, gestart op, datum begonnen, begonnen",
        "pl": "data rozpoczecia, rozpoczeto, poczatek czytania, zaczeto, data poczatku",
        "cs": "datum zacatku, zacatek cteni, rozecteno dne, zacato, datum zahajeni",
    },
    Field.DATE_ADDED: {
        "en": "date added, added, added on, entry date, date entered, created, created at, added date, date created, date "
        "acquired, acquired, purchase date, date purchased, bought on",
        "de": "hinzugefugt am, hinzugefugt, erfasst am, aufgenommen am, erstellt am, eingetragen am, datum hinzugefugt, gekauft "
        "am, kaufdatum, erworben am",
        "fr": "date d'ajout, ajoute le, date ajout, ajoute, cree le, date d'achat, achete le, date d'entree",
        "es": "fecha de adicion, anadido, anadido el, fecha de alta, agregado, agregado el, fecha agregado, fecha de compra, "
        "fecha anadido",
        "it": "data di aggiunta, aggiunto il, aggiunto, data aggiunta, data inserimento, inserito il, data di acquisto, data "
        "acquisto",
        "pt": "data de adicao, adicionado, adicionado em, data adicionado, data de inclusao, data de cadastro, data de compra",
        "nl": "toegevoegd op, toegevoegd, datum toegevoegd, aangemaakt op, aankoopdatum, gekocht op",
        "pl": "data dodania, dodano, dodane, data zakupu, utworzono",
        "cs": "datum pridani, pridano, pridano dne, vytvoreno, datum nakupu, datum porizeni",
    },
    Field.SHELVES: {
        "en": "shelf, shelves, bookshelf, bookshelves, tags, tag, collections, labels, my tags, keywords, my shelves, custom "
        "shelves",
        "de": "regal, regale, tags, schlagworte, schlagworter, etiketten, bucherregal, stichworte",
        "fr": "etagere, etageres, tags, mots cles, etiquettes, rayon, bibliotheque",
        "es": "estanteria, estante, etiquetas, estanterias, palabras clave, estantes",
        "it": "scaffale, scaffali, etichette, tag, libreria, parole chiave, ripiano",
        "pt": "estante, estantes, prateleira, prateleiras, etiquetas, marcadores, palavras chave",
        "nl": "plank, planken, boekenplank, labels, trefwoorden, boekenkast, tags",
        "pl": "polka, polki, tagi, etykiety, slowa kluczowe, regal",
        "cs": "police, policka, stitky, tagy, knihovna, regal, klicova slova, policky",
    },
    Field.REVIEW: {
        "en": "review, my review, opinion, review text, thoughts, my thoughts, reviews, user review",
        "de": "rezension, kritik, meine rezension, meinung, meine meinung, besprechung",
        "fr": "critique, avis, mon avis, ma critique, opinion, chronique", "es": "resena, mi resena, opinion, critica, mi opinion",
        "it": "recensione, la mia recensione, opinione, mia recensione, parere",
        "pt": "resenha, minha resenha, critica, opiniao, recensao, minha opiniao",
        "nl": "recensie, mijn recensie, mening, bespreking, mijn mening", "pl": "recenzja, moja recenzja, opinia, moja opinia",
        "cs": "recenze, moje recenze, nazor, muj nazor, posudek",
    },
    Field.NOTES: {
        "en": "notes, note, private notes, comment, comments, remarks, my notes, personal notes, memo, remark, annotations",
        "de": "notizen, notiz, bemerkung, bemerkungen, anmerkung, anmerkungen, kommentar, kommentare, meine notizen",
        "fr": "notes, remarque, remarques, commentaire, commentaires, notes personnelles, mes notes, observations",
        "es": "notas, comentario, comentarios, observaciones, mis notas, anotaciones",
        "it": "note, commento, commenti, osservazioni, annotazioni, appunti, note personali",
        "pt": "notas, anotacoes, comentario, comentarios, observacoes, notas pessoais, minhas notas",
        "nl": "notities, opmerking, opmerkingen, aantekeningen, commentaar, notitie, mijn notities",
        "pl": "notatki, uwagi, komentarz, komentarze, notatka, moje notatki",
        "cs": "poznamky, poznamka, komentar, komentare, moje poznamky",
    },
    Field.LANGUAGE: {
        "en": "language, languages, lang, book language, language code", "de": "sprache, sprachen, buchsprache",
        "fr": "langue, langues, langue du livre", "es": "idioma, idiomas, lengua", "it": "lingua, lingue, lingua del libro",
        "pt": "idioma, lingua, idiomas, linguas", "nl": "taal, talen, boektaal",
        "pl": "jezyk, jezyki, jezyk ksiazki, jezyk wydania", "cs": "jazyk, jazyky, jazyk knihy",
    },
    Field.READ_COUNT: {
        "en": "read count, times read, number of times read, reads, how often read",
        "de": "anzahl gelesen, wie oft gelesen, lesezahler, mal gelesen", "fr": "nombre de lectures, nb de lectures, fois lu",
        "es": "veces leido, numero de lecturas", "it": "volte letto, numero di letture", "pt": "vezes lido, numero de leituras",
        "nl": "aantal keer gelezen, keren gelezen", "pl": "ile razy przeczytane, liczba przeczytan",
        "cs": "kolikrat precteno, pocet precteni",
    },
    Field.GOODREADS_ID: {
        "en": "goodreads id, goodreads, goodreads book id, goodreads key",
    },
    Field.LIBRARYTHING_ID: {
        "en": "librarything id, librarything, librarything work id, librarything key",
    },
    Field.OPENLIBRARY_ID: {
        "en": "openlibrary id, open library id, olid, openlibrary key, open library, openlibrary, open library key",
    },
    Field.GOOGLE_ID: {
        "en": "google books id, google volume id, google id, google books volume id, google books",
    },
    Field.ASIN: {
        "en": "asin, amazon id, amazon asin, kindle asin",
    },
    Field.LCCN: {
        "en": "lccn, library of congress control number",
    },
    Field.OCLC: {
        "en": "oclc, oclc number, worldcat id, oclc id, worldcat",
    },
}  # fmt: skip
