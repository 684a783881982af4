"""Wikidata's ids of genders and of a writer's occupations. Pure. Only ids that are sure; what is not here is unknown."""

HUMAN = "Q5"

GENDERS = {
    "Q6581097": "Male",
    "Q6581072": "Female",
    "Q15145778": "Male",  # cisgender
    "Q15145779": "Female",
    "Q2449503": "Male",  # trans
    "Q1052281": "Female",
    "Q48270": "Non-binary",
    "Q18116794": "Non-binary",  # genderfluid
    "Q12964198": "Non-binary",  # genderqueer
    "Q505371": "Non-binary",  # agender
    "Q1097630": "Other",  # intersex
}

OCCUPATIONS = {
    "Q36180": "writer",
    "Q482980": "author",
    "Q6625963": "novelist",
    "Q49757": "poet",
    "Q214917": "playwright",
    "Q28389": "screenwriter",
    "Q4853732": "children's writer",
    "Q18844224": "science fiction writer",
    "Q15949613": "short story writer",
    "Q12144794": "prose writer",
    "Q11774202": "essayist",
    "Q15980158": "non-fiction writer",
    "Q864380": "biographer",
    "Q18814623": "autobiographer",
    "Q18939491": "diarist",
    "Q3579035": "travel writer",
    "Q4263842": "literary critic",
    "Q1930187": "journalist",
    "Q1086863": "columnist",
    "Q201788": "historian",
    "Q1792450": "art historian",
    "Q4964182": "philosopher",
    "Q1234713": "theologian",
    "Q333634": "translator",
    "Q191633": "mangaka",
    "Q715301": "comics artist",
    "Q1114448": "cartoonist",
}
