"""A table of countries, with the facts that an answer gives about a number's country."""

from __future__ import annotations

from dataclasses import dataclass

_TABLE = """
AE ARE 424 United Arab Emirates
AR ARG 722 Argentina
AT AUT 232 Austria
AU AUS 505 Australia
BE BEL 206 Belgium
BG BGR 284 Bulgaria
BR BRA 724 Brazil
CA CAN 302 Canada
CH CHE 228 Switzerland
CN CHN 460 China
CZ CZE 230 Czech Republic
DE DEU 262 Germany
DK DNK 238 Denmark
EE EST 248 Estonia
EG EGY 602 Egypt
ES ESP 214 Spain
FI FIN 244 Finland
FR FRA 208 France
GB GBR 234 United Kingdom
GR GRC 202 Greece
HK HKG 454 Hong Kong
HU HUN 216 Hungary
ID IDN 510 Indonesia
IE IRL 272 Ireland
IL ISR 425 Israel
IN IND 404 India
IS ISL 274 Iceland
IT ITA 222 Italy
JP JPN 440 Japan
KE KEN 639 Kenya
KR KOR 450 South Korea
LT LTU 246 Lithuania
LU LUX 270 Luxembourg
LV LVA 247 Latvia
MX MEX 334 Mexico
NG NGA 621 Nigeria
NL NLD 204 Netherlands
NO NOR 242 Norway
NZ NZL 530 New Zealand
PH PHL 515 Philippines
PL POL 260 Poland
PT PRT 268 Portugal
RO ROU 226 Romania
SE SWE 240 Sweden
SG SGP 525 Singapore
TH THA 520 Thailand
TR TUR 286 Turkey
UA UKR 255 Ukraine
US USA 310 United States of America
ZA ZAF 655 South Africa
"""

TEST_MCC = "001"
"""The mobile country code that the ITU reserves for test networks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """One country: its codes, its mobile country code, and its name."""

    alpha2: str
    iso3: str | None
    mcc: str
    name: str | None


def _read(line: str) -> Country:
    alpha2, iso3, mcc, name = line.split(maxsplit=3)
    return Country(alpha2=alpha2, iso3=iso3, mcc=mcc, name=name)


COUNTRIES = {row.alpha2: row for row in map(_read, _TABLE.strip().splitlines())}


def country_of(alpha2: str) -> Country:
    """Return the country; one outside the table has neither iso3 nor name."""
    return COUNTRIES.get(alpha2) or Country(alpha2=alpha2, iso3=None, mcc=TEST_MCC, name=None)


def elsewhere(home: str, wanted: str) -> str:
    """Return `wanted`, or another country where `wanted` is `home`."""
    if wanted != home:
        return wanted
    return "US" if home != "US" else "GB"
