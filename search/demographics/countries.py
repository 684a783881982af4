"""Countries by their Wikidata id: the region they belong to, and the name under which they are shown. Pure.

Only ids that are sure: a wrong region is worse than none. Source: spec 04, "AuthorDTO" (regions).
"""

from collections.abc import Iterable
from typing import NamedTuple

REGIONS = frozenset({
    "Africa", "Asia", "Europe", "North America", "South America", "Oceania", "Middle East", "Caribbean", "Central Asia",
    "Indigenous", "International",
})  # fmt: skip

# Region: ids and names. States of the past stand under today's name of the nation where it is the same, else under their own.
_TABLE = {
    "Africa": """
        Q262 Algeria; Q916 Angola; Q962 Benin; Q963 Botswana; Q965 Burkina Faso; Q967 Burundi; Q1009 Cameroon; Q1011 Cape Verde;
        Q929 Central African Republic; Q657 Chad; Q970 Comoros; Q974 Democratic Republic of the Congo; Q971 Republic of the Congo;
        Q977 Djibouti; Q79 Egypt; Q983 Equatorial Guinea; Q986 Eritrea; Q1050 Eswatini; Q115 Ethiopia; Q1000 Gabon; Q1005 The Gambia;
        Q117 Ghana; Q1006 Guinea; Q1007 Guinea-Bissau; Q1008 Ivory Coast; Q114 Kenya; Q1013 Lesotho; Q1014 Liberia; Q1016 Libya;
        Q1019 Madagascar; Q1020 Malawi; Q912 Mali; Q1025 Mauritania; Q1027 Mauritius; Q17063 Mayotte; Q1028 Morocco; Q1029 Mozambique;
        Q1030 Namibia; Q1032 Niger; Q1033 Nigeria; Q17070 Réunion; Q1037 Rwanda; Q1039 São Tomé and Príncipe; Q1041 Senegal;
        Q1042 Seychelles; Q1044 Sierra Leone; Q1045 Somalia; Q34754 Somaliland; Q258 South Africa; Q958 South Sudan; Q1049 Sudan;
        Q924 Tanzania; Q945 Togo; Q948 Tunisia; Q1036 Uganda; Q6250 Western Sahara; Q953 Zambia; Q954 Zimbabwe;
        Q192184 Saint Helena; Q124943 Egypt; Q11768 Ancient Egypt; Q193619 South Africa; Q217169 Rhodesia; Q6500954 Zaire
    """,
    "Asia": """
        Q889 Afghanistan; Q399 Armenia; Q227 Azerbaijan; Q902 Bangladesh; Q917 Bhutan; Q921 Brunei; Q424 Cambodia; Q148 China;
        Q29520 China; Q230 Georgia; Q8646 Hong Kong; Q668 India; Q252 Indonesia; Q17 Japan; Q819 Laos; Q14773 Macau; Q833 Malaysia;
        Q826 Maldives; Q711 Mongolia; Q836 Myanmar; Q837 Nepal; Q423 North Korea; Q843 Pakistan; Q928 Philippines; Q334 Singapore;
        Q884 South Korea; Q854 Sri Lanka; Q865 Taiwan; Q869 Thailand; Q574 Timor-Leste; Q881 Vietnam;
        Q130229 Georgia; Q132856 Armenia; Q129286 British India; Q1775277 India; Q188161 Dutch East Indies; Q188712 Japan;
        Q205662 Japan; Q18097 Korea; Q28179 Korea; Q28233 Korea; Q503585 Korea; Q180573 South Vietnam; Q172640 North Vietnam;
        Q1054923 Hong Kong; Q13426199 China; Q8733 China; Q9903 China; Q7313 China; Q7462 China; Q9683 China; Q7209 China
    """,
    "Central Asia": "Q232 Kazakhstan; Q813 Kyrgyzstan; Q863 Tajikistan; Q874 Turkmenistan; Q265 Uzbekistan",
    "Middle East": """
        Q398 Bahrain; Q794 Iran; Q796 Iraq; Q801 Israel; Q810 Jordan; Q817 Kuwait; Q822 Lebanon; Q842 Oman; Q219060 Palestine;
        Q846 Qatar; Q851 Saudi Arabia; Q858 Syria; Q43 Turkey; Q878 United Arab Emirates; Q805 Yemen;
        Q12560 Ottoman Empire; Q193714 Mandatory Palestine; Q12536 Abbasid Caliphate; Q8575 Umayyad Caliphate
    """,
    "Europe": """
        Q222 Albania; Q228 Andorra; Q40 Austria; Q184 Belarus; Q31 Belgium; Q225 Bosnia and Herzegovina; Q219 Bulgaria; Q224 Croatia;
        Q229 Cyprus; Q213 Czech Republic; Q35 Denmark; Q756617 Denmark; Q191 Estonia; Q4628 Faroe Islands; Q33 Finland; Q142 France;
        Q183 Germany; Q1410 Gibraltar; Q41 Greece; Q25230 Guernsey; Q28 Hungary; Q189 Iceland; Q27 Ireland; Q9676 Isle of Man;
        Q38 Italy; Q785 Jersey; Q1246 Kosovo; Q211 Latvia; Q347 Liechtenstein; Q37 Lithuania; Q32 Luxembourg; Q233 Malta; Q217 Moldova;
        Q235 Monaco; Q236 Montenegro; Q55 Netherlands; Q29999 Netherlands; Q221 North Macedonia; Q20 Norway; Q36 Poland; Q45 Portugal;
        Q218 Romania; Q159 Russia; Q238 San Marino; Q403 Serbia; Q214 Slovakia; Q215 Slovenia; Q29 Spain; Q34 Sweden;
        Q39 Switzerland; Q212 Ukraine; Q145 United Kingdom; Q237 Vatican City; Q5689 Åland;
        Q21 United Kingdom; Q22 United Kingdom; Q25 United Kingdom; Q26 United Kingdom; Q161885 United Kingdom;
        Q174193 United Kingdom; Q179876 England; Q230791 Scotland; Q215530 Ireland; Q31747 Ireland;
        Q43287 Germany; Q41304 Germany; Q7318 Germany; Q713750 Germany; Q16957 East Germany; Q1206012 Germany; Q151624 Germany;
        Q27306 Prussia; Q154195 Bavaria; Q153015 Saxony; Q159631 Württemberg; Q12548 Holy Roman Empire;
        Q28513 Austria-Hungary; Q131964 Austria; Q533534 Austria; Q171150 Hungary; Q16410 Hungary; Q33946 Czechoslovakia;
        Q36704 Yugoslavia; Q83286 Yugoslavia; Q191077 Yugoslavia; Q838261 Yugoslavia; Q37024 Serbia and Montenegro;
        Q15180 Soviet Union; Q34266 Russian Empire; Q186096 Russia; Q2184 Russia; Q133356 Ukraine; Q2895 Belarus;
        Q207272 Poland; Q211274 Poland; Q221457 Poland; Q172107 Polish–Lithuanian Commonwealth;
        Q70802 France; Q70972 France; Q71084 France; Q71092 France; Q69808 France; Q207162 France;
        Q172579 Italy; Q4948 Venice; Q148540 Florence; Q170174 Papal States; Q165154 Sardinia; Q173065 Naples;
        Q170072 Netherlands; Q209065 Greece; Q203493 Romania; Q45670 Portugal; Q13474305 Spain;
        Q1747689 Ancient Rome; Q2277 Ancient Rome; Q17167 Ancient Rome; Q12544 Byzantine Empire; Q11772 Ancient Greece;
        Q844930 Ancient Greece
    """,
    "North America": """
        Q242 Belize; Q23635 Bermuda; Q16 Canada; Q800 Costa Rica; Q792 El Salvador; Q223 Greenland; Q774 Guatemala; Q783 Honduras;
        Q96 Mexico; Q811 Nicaragua; Q804 Panama; Q34617 Saint Pierre and Miquelon; Q30 United States;
        Q179997 United States; Q81931 United States
    """,
    "Caribbean": """
        Q25228 Anguilla; Q781 Antigua and Barbuda; Q21203 Aruba; Q778 The Bahamas; Q244 Barbados; Q25305 British Virgin Islands;
        Q5785 Cayman Islands; Q241 Cuba; Q25279 Curaçao; Q784 Dominica; Q786 Dominican Republic; Q769 Grenada; Q17012 Guadeloupe;
        Q790 Haiti; Q766 Jamaica; Q17054 Martinique; Q13353 Montserrat; Q1183 Puerto Rico; Q763 Saint Kitts and Nevis;
        Q760 Saint Lucia; Q757 Saint Vincent and the Grenadines; Q26273 Sint Maarten; Q754 Trinidad and Tobago;
        Q18221 Turks and Caicos Islands; Q11703 United States Virgin Islands
    """,
    "South America": """
        Q414 Argentina; Q750 Bolivia; Q155 Brazil; Q298 Chile; Q739 Colombia; Q736 Ecuador; Q9648 Falkland Islands;
        Q3769 French Guiana; Q734 Guyana; Q733 Paraguay; Q419 Peru; Q730 Suriname; Q77 Uruguay; Q717 Venezuela; Q217230 Brazil
    """,
    "Oceania": """
        Q16641 American Samoa; Q408 Australia; Q26988 Cook Islands; Q712 Fiji; Q30971 French Polynesia; Q16635 Guam; Q710 Kiribati;
        Q709 Marshall Islands; Q702 Federated States of Micronesia; Q697 Nauru; Q33788 New Caledonia; Q664 New Zealand; Q34020 Niue;
        Q16644 Northern Mariana Islands; Q695 Palau; Q691 Papua New Guinea; Q683 Samoa; Q685 Solomon Islands; Q36823 Tokelau;
        Q678 Tonga; Q672 Tuvalu; Q686 Vanuatu; Q156418 Hawaii
    """,
}  # fmt: skip

# States that broke into several: whoever was also a citizen of one of those belongs there. Aitmatov: Soviet Union, Kyrgyzstan.
_SUCCESSORS = {
    "Q15180": "Q159 Q2184 Q212 Q133356 Q184 Q2895 Q217 Q191 Q211 Q37 Q230 Q130229 Q399 Q132856 Q227 Q232 Q813 Q863 Q874 Q265",
    "Q34266": "Q15180 Q2184 Q159 Q212 Q184 Q217 Q191 Q211 Q37 Q230 Q399 Q227 Q232 Q813 Q863 Q874 Q265 Q36 Q207272 Q33",
    "Q12560": "Q43 Q796 Q810 Q822 Q858 Q851 Q805 Q193714 Q801 Q219060 Q79 Q124943 Q1016 Q41 Q209065 Q222 Q219 Q403 Q36704 Q221 Q229",
    "Q129286": "Q668 Q1775277 Q843 Q902 Q836",
    "Q28513": "Q40 Q28 Q33946 Q213 Q214 Q36704 Q191077 Q83286 Q207272 Q36 Q218 Q203493 Q212 Q215 Q224 Q38 Q172579",
    "Q33946": "Q213 Q214",
    **dict.fromkeys(("Q36704", "Q83286", "Q191077", "Q838261"), "Q403 Q224 Q215 Q225 Q236 Q221 Q1246 Q37024"),
    "Q37024": "Q403 Q236",
    "Q16957": "Q183",
    "Q27306": "Q43287 Q183",
    "Q193714": "Q801 Q219060 Q810",
    "Q188161": "Q252",
    "Q180573": "Q881",
    "Q172640": "Q881",
}  # fmt: skip


class Country(NamedTuple):
    """Of which region a state is, and its name for showing."""

    region: str
    name: str


def _read() -> dict[str, Country]:
    found: dict[str, Country] = {}
    for region, rows in _TABLE.items():
        for row in rows.split(";"):
            wikidata_id, _, name = row.strip().partition(" ")
            found[wikidata_id] = Country(region, name)
    return found


COUNTRIES = _read()
SUCCESSORS = {former: frozenset(later.split()) for former, later in _SUCCESSORS.items()}


def belonging(citizenships: Iterable[str]) -> tuple[str | None, str | None]:
    """Region and nationality of somebody with these citizenships (Wikidata ids), each only where all of them agree."""
    given = set(citizenships)
    meant = {state for state in given if not SUCCESSORS.get(state, frozenset()) & given}
    known = [COUNTRIES.get(state) for state in meant]
    return _agreed(one and one.region for one in known), _agreed(one and one.name for one in known)


def _agreed(values: Iterable[str | None]) -> str | None:
    """The one value; None where there are several, or one is not known."""
    different = set(values)
    return different.pop() if len(different) == 1 else None
