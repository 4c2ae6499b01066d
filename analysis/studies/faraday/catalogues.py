"""The catalogues of rotation measures, with the publications to cite."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CATALOGUES", "COLLECTION", "Catalogue"]

COLLECTION = (
    "C. L. Van Eck et al., RMTable2023 and PolSpectra2023: standards for reporting polarization and Faraday rotation "
    "measurements of radio sources, ApJS 267 (2023) 28; each catalogue as the table of catalogues says"
)


@dataclass(frozen=True)
class Catalogue:
    """A catalogue.

    Args:
        name: of its file, without the ending.
        reference: publication.
    """

    name: str
    reference: str


# in the alphabetical order of files, by which sources count them
CATALOGUES = (
    Catalogue("Anderson2015", "ApJ 815 (2015) 49"),
    Catalogue("Battye2011", "MNRAS 413 (2011) 132"),
    Catalogue("Betti2019", "ApJ 871 (2019) 215"),
    Catalogue("Broten88", "Ap&SS 141 (1988) 303"),
    Catalogue("Brown2003", "ApJS 145 (2003) 213"),
    Catalogue("Brown2007", "ApJ 663 (2007) 258"),
    Catalogue("Clarke2001", "ApJ 547 (2001) L111"),
    Catalogue("Clegg92", "ApJ 386 (1992) 143"),
    Catalogue("Costa16", "ApJ 821 (2016) 92"),
    Catalogue("Costa18", "ApJ 865 (2018) 65"),
    Catalogue("Farnes2014", "ApJS 212 (2014) 15"),
    Catalogue("Feain2009", "ApJ 707 (2009) 114"),
    Catalogue("Gaensler2001", "ApJ 549 (2001) 959"),
    Catalogue("Heald2009", "A&A 503 (2009) 409"),
    Catalogue("Kaczmarek2017", "MNRAS 467 (2017) 1776"),
    Catalogue("Kim2016", "ApJ 829 (2016) 133"),
    Catalogue("Klein2003", "A&A 406 (2003) 579"),
    Catalogue("Law2011", "ApJ 728 (2011) 57"),
    Catalogue("Livingston2021", "MNRAS 502 (2021) 3814"),
    Catalogue("Livingston2022", "MNRAS 510 (2022) 260"),
    Catalogue("Ma2019", "MNRAS 487 (2019) 3432"),
    Catalogue("Ma2020", "MNRAS 497 (2020) 3097"),
    Catalogue("Mao2008", "ApJ 688 (2008) 1029"),
    Catalogue("Mao2010", "ApJ 714 (2010) 1170"),
    Catalogue("Mao2012a", "ApJ 755 (2012) 21"),
    Catalogue("Mao2012b", "ApJ 759 (2012) 25"),
    Catalogue("Minter96", "ApJ 458 (1996) 194"),
    Catalogue("OSullivan2017", "MNRAS 469 (2017) 4034"),
    Catalogue("OSullivan2023", "MNRAS 519 (2023) 5723"),
    Catalogue("Oren95", "ApJ 445 (1995) 624"),
    Catalogue("Ranchod2024", "Ranchod et al. (2024)"),
    Catalogue("Riseley2018", "PASA 35 (2018) 43"),
    Catalogue("Riseley2020_EGS", "PASA 37 (2020) 29"),
    Catalogue("Riseley2020_PSR", "PASA 37 (2020) 29"),
    Catalogue("Rossetti2008", "A&A 487 (2008) 865"),
    Catalogue("Roy2005", "MNRAS 360 (2005) 1305"),
    Catalogue("Shanahan2019", "ApJ 887 (2019) L7"),
    Catalogue("SimardNormandin1981", "ApJS 45 (1981) 97"),
    Catalogue("Tabara1980", "A&AS 39 (1980) 379"),
    Catalogue("Taylor2024", "MNRAS 528 (2024) 2511"),
    Catalogue("VanEck2011", "ApJ 728 (2011) 97"),
    Catalogue("VanEck2018", "A&A 613 (2018) A58"),
    Catalogue("VanEck2021", "ApJS 253 (2021) 48"),
    Catalogue("Vanderwoude2024", "doi:10.3847/1538-3881/ad2fc8 (AJ 2024)"),
    Catalogue("Vernstrom2018", "MNRAS 475 (2018) 1736"),
)
"""All of them; bibliographic codes stand in the files themselves."""
