"""Countries and the part of the world they lie in, by the United Nations' geoscheme (standard M49).

Names in English with common spellings, and the German, French and Spanish ones that differ much.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

OTHER = "Other"

REGIONS: Mapping[str, str] = {
    "Northern America": "Americas", "Central America": "Americas", "Caribbean": "Americas",
    "South America": "Americas", "Northern Europe": "Europe", "Western Europe": "Europe", "Southern Europe": "Europe",
    "Eastern Europe": "Europe", "Eastern Asia": "Asia", "South-eastern Asia": "Asia", "Southern Asia": "Asia",
    "Western Asia": "Asia", "Central Asia": "Asia", "Northern Africa": "Africa", "Western Africa": "Africa",
    "Middle Africa": "Africa", "Eastern Africa": "Africa", "Southern Africa": "Africa",
    "Australia and New Zealand": "Oceania", "Pacific islands": "Oceania",
}  # fmt: skip
COUNTRIES: Mapping[str, str] = {
    "Northern America": """united states, united states of america, usa, us, u s a, america, vereinigte staaten,
        etats unis, estados unidos, canada, kanada, greenland, bermuda""",
    "Central America": """mexico, mexiko, mexique, guatemala, belize, honduras, el salvador, nicaragua, costa rica,
        panama""",
    "Caribbean": """cuba, kuba, haiti, dominican republic, jamaica, puerto rico, bahamas, barbados, dominica, grenada,
        trinidad and tobago, trinidad tobago, trinadad tobago, trinadad and tobago, trinidad, saint lucia, aruba,
        curacao, guadeloupe, martinique, saint vincent and the grenadines, antigua and barbuda,
        saint kitts and nevis, outlying us guam usvi etc, outlying u s guam usvi etc, us virgin islands,
        cayman islands""",
    "South America": """argentina, argentinien, bolivia, brazil, brasil, brasilien, bresil, chile, colombia, columbia,
        kolumbien, ecuador, guyana, paraguay, peru, suriname, uruguay, venezuela, french guiana, falkland islands""",
    "Northern Europe": """united kingdom, uk, great britain, england, scotland, wales, northern ireland, ireland,
        irland, denmark, danemark, dinamarca, norway, norwegen, sweden, schweden, suede, finland, finnland, iceland,
        estonia, estland, latvia, lettland, lithuania, litauen, grossbritannien, royaume uni, reino unido,
        isle of man, faroe islands""",
    "Western Europe": """germany, deutschland, allemagne, alemania, france, frankreich, francia, austria, osterreich,
        oesterreich, autriche, belgium, belgien, belgique, netherlands, niederlande, pays bas, holland,
        holand netherlands, luxembourg, luxemburg, switzerland, schweiz, suisse, suiza, liechtenstein, monaco""",
    "Southern Europe": """italy, italien, italie, italia, spain, spanien, espagne, espana, portugal, greece,
        griechenland, grece, grecia, albania, andorra, bosnia and herzegovina, bosnia, croatia, kroatien, malta,
        montenegro, north macedonia, macedonia, san marino, serbia, serbien, slovenia, slowenien, yugoslavia,
        jugoslawien, kosovo, gibraltar, vatican, holy see""",
    "Eastern Europe": """poland, polen, pologne, polonia, czech republic, czechia, tschechien, czechoslovakia,
        hungary, ungarn, hongrie, hungria, romania, rumanien, bulgaria, bulgarien, russia, russian federation,
        russland, russie, rusia, soviet union, ussr, ukraine, ucrania, belarus, moldova, slovakia, slowakei""",
    "Eastern Asia": """china, chine, japan, japon, south korea, korea, north korea, republic of korea, sudkorea, south,
        taiwan, hong kong, hong, macao, macau, mongolia""",
    "South-eastern Asia": """cambodia, laos, philippines, philippinen, filipinas, thailand, vietnam, viet nam,
        indonesia, indonesien, malaysia, singapore, singapur, myanmar, burma, brunei, timor leste, east timor""",
    "Southern Asia": """india, indien, inde, iran, pakistan, bangladesh, sri lanka, nepal, bhutan, maldives,
        afghanistan""",
    "Western Asia": """turkey, turkiye, turkei, turquie, turquia, syria, syrien, iraq, irak, israel, jordan, lebanon,
        libanon, saudi arabia, yemen, oman, kuwait, qatar, bahrain, united arab emirates, uae, cyprus, georgia,
        armenia, azerbaijan, palestine, state of palestine""",
    "Central Asia": "kazakhstan, uzbekistan, turkmenistan, kyrgyzstan, tajikistan",
    "Northern Africa": """egypt, agypten, egypte, egipto, morocco, marokko, maroc, marruecos, algeria, algerien,
        algerie, argelia, tunisia, tunesien, tunisie, libya, sudan, western sahara""",
    "Western Africa": """nigeria, ghana, senegal, mali, ivory coast, cote d ivoire, benin, togo, burkina faso, niger,
        guinea, guinea bissau, sierra leone, liberia, gambia, cape verde, cabo verde, mauritania""",
    "Middle Africa": """cameroon, congo, democratic republic of the congo, angola, chad, gabon, equatorial guinea,
        central african republic, sao tome and principe""",
    "Eastern Africa": """ethiopia, kenya, tanzania, uganda, rwanda, burundi, somalia, eritrea, djibouti, madagascar,
        mozambique, malawi, zambia, zimbabwe, mauritius, seychelles, comoros, south sudan, reunion""",
    "Southern Africa": "south africa, sudafrika, namibia, botswana, lesotho, eswatini, swaziland",
    "Australia and New Zealand": "australia, australien, new zealand, neuseeland",
    "Pacific islands": """fiji, papua new guinea, samoa, tonga, vanuatu, solomon islands, kiribati, micronesia, palau,
        nauru, tuvalu, marshall islands, guam, american samoa, french polynesia, new caledonia""",
}  # fmt: skip


def plain_words(text: str) -> str:
    """The text in small letters without accents, its words parted by one space.

    >>> plain_words("Trinadad&Tobago"), plain_words("Türkei")
    ('trinadad tobago', 'turkei')
    """
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return " ".join(re.findall(r"[^\W_]+", bare.lower()))


@cache
def _subregions() -> Mapping[str, str]:
    return {
        " ".join(country.split()): subregion for subregion, listed in COUNTRIES.items() for country in listed.split(",")
    }


def subregion_of(text: str) -> str | None:
    """The part of the world that a country lies in; None where the text names no country that is known.

    >>> subregion_of("El-Salvador"), subregion_of("shoe")
    ('Central America', None)
    """
    return _subregions().get(plain_words(text))
