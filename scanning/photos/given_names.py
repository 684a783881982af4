"""Frequent given names of authors in a dozen languages, folded: a line that begins with one is likely a person. Data only."""

_TEXT_OF_GIVEN_NAMES = """
    aaron adam adrian agatha agnes aidan alain alan albert alberto aldous alejandro alessandro alex alexander alexandra alexandre
    alexei alfred alfredo alice alicia alison allen amanda amelia amy ana anders andre andrea andreas andres andrew andy angela
    angeles anita ann anna anne annie anthony antoine anton antonia antonio april arnold arthur arturo astrid barbara beatrice
    beatriz ben benjamin bernard bernardo bertrand betty bill bjorn bob brandon brenda brian bruce bruno camille carl carla carles
    carlo carlos carmen carol caroline carolina carson caterina catherine cecilia celeste charles charlie charlotte chris christian
    christina christine christoph christopher chuck claire clara clarice claude claudia clive colin colleen colson cormac cristina
    curtis daisy dan daniel daniela daniele danielle daphne dashiell dave david deborah denis dennis diana diane dianne diego dino
    don donald donna doris dorothy douglas dylan eduard eduardo edgar edith edmund edward eileen elena eleanor elif elisa elizabeth
    ellen ellis emil emile emilio emily emma enric enrique erica eric erich erik ernest ernesto esther ethan eugene eva evelyn ezra
    fatima federico felix fernando ferran flannery florence ford frances francesc francesca francesco francis francisco francois
    frank franz fred frederic frederick friedrich fyodor gabriel gabriela gabriele gail gary geoffrey georg george georges georgette
    gerald gerard gert giacomo gianni gillian giorgio giovanni giuseppe glenn gloria gordon graham greg gregory guillermo gunter
    gustave guy gwendolyn haruki harold harper harriet harry heather heinrich helen helena helene henri henrik henry herman hermann
    hilary honore howard hugh hugo ian ignacio ilona imma ingrid irene iris irvin irvine isaac isabel isabella isabelle isaiah
    ismail italo ivan jack jacqueline jacques jaime jake james jamie jan jane janet javier jaume jay jean jeanette jeff jeffrey
    jenny jennifer jeremy jerome jesus jessica jill jim jo joan joana joanna joanne joaquin jodi joe joel johan johann johanna
    johannes john johnny jon jonathan jonas jordi jorge jose josef josep joseph joshua josune joyce juan judith jules julia julian
    julie julien julio julius jung juli jussi justin karel karen karin karl katarina kate katherine kathleen kathryn katie kazuo
    keith ken kenneth kevin khaled kim klaus kurt lars laura lauren laurence laurie lawrence lee leigh leo leon leonard leonardo
    leonora leslie lewis liane lidia linda lionel lisa liu lluis lorenzo lorraine louis louisa louise luca lucia lucy luigi luis
    luisa luiz lynn madeleine magda malcolm manuel marc marcel margaret margarita marguerite maria mariana marie marilynne marina
    mario marion mark markus marta martha marti martin martina mary mathias matilde matt matthew maurice max maya mel melissa
    mercedes merce michael michel michele michelle miguel mihail mikhail milan mike milena miquel miriam mo mohamed montserrat
    muriel nadine nancy naomi nassim natalia natalie nathan nathaniel neil nella nelson niccolo nicholas nick nicola nicolas nikolai
    nina noam noah noel nora norman octavia octavio olga oliver olivia orhan oriol oscar pablo paola paolo pat patricia patrick paul
    paula paulo pearl pedro penelope pep pere peter petra phil philip philippa philippe pier pierre pilar primo quim rachel rafael
    ralph ramon raquel ray raymond rebecca rene ricardo richard rick rita rob robert roberta roberto robin rodrigo roger roland
    roman ron ronald rosa rosamund rose ross roxane russell ruth ryan sabine saint sally salman sam samuel sandra santiago sara
    sarah saul sean sebastian sergi sergio seth shannon sharon shirley sidney siegfried sigmund silvia simon simone sofia sonia
    sophie stefan stefano stella stendhal stephen stephanie steve steven stieg stuart sue susan susana susanna suzanne sven svetlana
    sylvia ta tara ted teresa terry thea theodor theodore theresa thich thomas tim timothy tina todd tom tomas toni tony tracy
    truman ulrich umberto ursula valentina valeria vanessa vera veronica vicent vicente victor victoria vincent vincenzo viola
    virginia vladimir walt walter wayne wendy werner wilhelm will willa william wilkie wolfgang xavier yann yukio yves yvonne zadie
    zora
"""
GIVEN_NAMES = frozenset(_TEXT_OF_GIVEN_NAMES.split())
