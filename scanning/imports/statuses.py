"""Reading states in the words of programs and people, in nine languages, to read, reading, to-read, wishlist or dnf. Pure."""

from scanning.imports.headers import folded_header
from scanning.imports.remembering import remembered

MAX_CHARS = 60
_WORDS = {
    "read": """
        read; finished; completed; done; already read; read it; ended; have read; read but unowned; gelesen; beendet; fertig; abgeschlossen;
        fertig gelesen; lu; lue; lus; termine; terminee; fini; deja lu; leido; leida; leidos; terminado; terminada; ya leido; letto; letta;
        letti; finito; terminato; gia letto; lido; lida; lidos; concluido; ja lido; gelezen; uitgelezen; uit; al gelezen; przeczytane;
        przeczytana; przeczytany; przeczytalem; przeczytalam; skonczone; precteno; prectena; precteny; docteno; dokonceno""",
    "reading": """
        reading; currently reading; now reading; in progress; started; am reading; lese ich gerade; lese gerade; am lesen; wird gelesen;
        aktuell; angefangen; begonnen; lesend; en cours; en cours de lecture; lecture en cours; je lis; leyendo; en curso; en progreso;
        actualmente leyendo; in lettura; sto leggendo; in corso; lettura in corso; lendo; em leitura; a ler; em andamento; bezig;
        aan het lezen; nu aan het lezen; lees ik nu; czytam; w trakcie; w trakcie czytania; obecnie czytam; teraz czytam; ctu; prave ctu;
        rozecteno; ctene""",
    "to-read": """
        to read; tbr; want to read; to be read; unread; planned; not read; not started; not yet read; on my list; up next; backlog;
        want to; will ich lesen; zu lesen; moechte ich lesen; mochte ich lesen; noch zu lesen; noch lesen; ungelesen; nicht gelesen; sub;
        geplant; a lire; pal; non lu; pas lu; pas encore lu; envie de lire; por leer; pendiente; pendientes; sin leer; no leido;
        quiero leer; para leer; da leggere; non letto; voglio leggere; quero ler; para ler; por ler; nao lido; quer ler; vou ler; te lezen;
        wil ik lezen; wil lezen; ongelezen; nog te lezen; niet gelezen; do przeczytania; chce przeczytac; nieprzeczytane; planuje;
        chci precist; k precteni; chci cist; neprecteno; planovano""",
    "wishlist": """
        wishlist; wish list; to buy; want to buy; want to own; wanted; on wish list; wunschliste; wunsch; will ich haben; liste de souhaits;
        souhaits; envies; wishliste; lista de deseos; deseado; deseados; por comprar; lista dei desideri; desideri;
        desiderato; da comprare;
        lista de desejos; desejado; desejados; verlanglijst; verlanglijstje; wenslijst; lista zyczen; chce miec;
        seznam prani; chci koupit""",
    "dnf": """
        dnf; did not finish; abandoned; gave up; given up; stopped; stopped reading; unfinished; dropped; abgebrochen; aufgegeben;
        nicht beendet; abandonne; abandonnee; arrete; abandonado; abandonada; dejado; sin terminar; no terminado; abbandonato; abbandonata;
        interrotto; mollato; desisti; nao terminei; interrompido; gestopt; afgebroken; niet uitgelezen; opgegeven; porzucone; porzucona;
        nie skonczone; nedocteno; odlozeno; vzdano""",
}
_BY_WORD = {folded_header(word): status for status, words in _WORDS.items() for word in words.split(";")}
YES = frozenset({"yes", "y", "true", "x", "1", "ja", "j", "oui", "si", "sim", "tak", "ano", "✓", "✔", "☑", "ok"})
NO = frozenset({"no", "n", "false", "0", "nein", "non", "nao", "nee", "nie", "ne", "-"})


@remembered
def status_in(cell: str) -> str | None:
    """The reading state that a cell names; of a column of yes and no, yes is "read". None for words that are no state."""
    if len(cell) > MAX_CHARS:
        return None
    word = folded_header(cell) or cell.strip()
    return _BY_WORD.get(word) or ("read" if word in YES else None)


def is_state(cell: str) -> bool:
    """Whether a cell is the word of a state, yes and no not counted."""
    return len(cell) <= MAX_CHARS and folded_header(cell) in _BY_WORD
