"""What stands on a spine that is neither title nor author: call numbers and prices, publishers and imprints. Data and rules."""

import re

# one word each; a word of a title counts all the same where the title has it
_TEXT_OF_IMPRINTS = """
    abacus abrams alba alfaguara algar alianza allen amphora anagrama anchor angle arcade arena ariel arrow atlantic aufbau avon
    ballantine bantam bantambooks barcanova barcino berkley blackie blackwell bloomsbury booket bromera bruguera bruno cambridge
    canongate catedra catedral cassell castalia century chatto circulo claret collier collins columna corgi crown cruilla debate
    debolsillo dell delta destino deusto diogenes doubleday dover dtv dumont dutton ediciones edicions editions editorial edhasa
    edebe einaudi empuries espasa faber fabula farrar feltrinelli fischer flammarion folio fontana fourth gallimard garzanti gedisa
    giunti goldmann gollancz grafton granada granta grasset gredos grijalbo grove hachette hanser harcourt harper harpercollins
    harperperennial harvard harvest hatier headline heinemann herder heyne hodder houghton insel juventud kairos kiepenheuer knopf
    kohlhammer labutxaca larousse littlebrown livre longman lumen luchterhand macmillan magrana mariner mcgraw methuen minotauro
    mondadori moll molino montena norton octaedro omega orbit orion oxford paidos paladin pan panbooks panini paraninfo parramon
    peguin pengin pengu penguin penguinbooks perennial phaidon piper picador piramide plaza planeta plon pocket poche press proa
    puffin putnam quadriga random randomhouse rba reclam riverhead rizzoli rororo rowohlt routledge salamandra salani santillana
    scholastic scribner seuil serres sexto signet siruela springer suhrkamp sudamericana taschen taschenbuch taurus teide thames
    timunmas tirant tor trotta tusquets ullstein ultramar urano valdemar vergara verlag vertigo verso viking viena vintage virago
    voyager wiley wordsworth yale zsolnay modernclassics penguinclassics vintagebooks oxfordworlds classics classic modern library
    books book paperback edizioni editora editore signed unabridged abridged novel novela bestseller bestselling
"""
IMPRINTS = frozenset(_TEXT_OF_IMPRINTS.split())
_PRICE = re.compile(r"(?:[$£€]\s?\d{1,4}(?:[.,]\d\d)?|\d{1,4}[.,]\d\d\s?(?:[$£€]|eur|kr))(?!\w)|[$£€]", re.IGNORECASE)
# "821.134", "91(026)(46.20)", "796.51(64)", "PS3561", "005.13/3"
_CLASS = re.compile(r"\(?\d[\d.,:/()\[\]*\"'=+-]*[A-Z]{0,2}\)?\"?|[A-Z]{1,3}\d{2,4}(?:\.\w+)?|\.[A-Z]\d{1,4}|\([\d.:]+\)?")
_SHELF = re.compile(r"[B-DF-HJ-NP-TV-XZ]|[A-Z]{2}")  # "N", "JN": where novels stand; "A" and "I" begin titles
_CUTTER = re.compile(r"[A-ZÀ-Þ][a-zà-þ]{2}")  # "Kin": how the author's name begins


def without_prices(text: str) -> str:
    """The text without "12,95 €"."""
    return _PRICE.sub(" ", text)


def call_number(words: list[str]) -> tuple[set[int], tuple[str, ...]]:
    """Which words belong to a library's call number, and the beginnings of names in it in lower case: "kin" of "N 820 Kin".

    A number alone is none: it may be a volume, or a title.
    """
    classes = {place for place, word in enumerate(words) if _CLASS.fullmatch(word)}
    found: set[int] = set()
    beginnings: list[str] = []
    for place, word in enumerate(words):
        if not _CUTTER.fullmatch(word):
            continue
        run = _before(words, place, classes) or ({place + 1} if place + 1 in classes and place + 2 >= len(words) else set())
        if run:
            found |= run | {place}
            beginnings.append(word.lower())
    return found, tuple(beginnings)


def _before(words: list[str], place: int, classes: set[int]) -> set[int]:
    """The class and the shelf that stand right before a word: "820(73)", "N", "N 820"."""
    run: set[int] = set()
    at = place - 1
    while at in classes:
        run.add(at)
        at -= 1
    if at >= 0 and _SHELF.fullmatch(words[at]):
        run.add(at)
    return run
