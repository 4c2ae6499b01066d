"""The public files: sample (B_ and C_ are those of Run2012), final state, events, bytes, SHA-256."""

from analysis.study import Schema, SourceFile

_SCHEMA = Schema("Events", ("run", "Higgs_mass", "Z1_mass", "Z2_mass", "Higgs_pt"))
_ADDRESS = "https://raw.githubusercontent.com/matteomalucchi/HiggsToFourLeptons-8tev"
_FOLDER = f"{_ADDRESS}/5e43296259e666a508c2bacdeb9c5704784fcbb6/skim_data"
_FILES = """
SMHiggsToZZTo4L  FourMuons            9006  763349  a44dfebab0902da7f903594e899eeec7b4fbbc05ec8781255e43bdf91deb14f1
SMHiggsToZZTo4L  FourElectrons        5199  448264  9a3e4f0cd9af210855385bc10f209c70ce223cb19bd9f71d7b41c622d975344b
SMHiggsToZZTo4L  TwoMuonsTwoElectrons 11620 980304  292748e96ae0865d5a46acc9711e05f56a62f0b06f3e97e016d4229f78260d60
ZZTo2e2mu        TwoMuonsTwoElectrons 49356 4151150 bf1a36328e0cdc1569298be290b3b4a1e8e3b7dab8df923c5529526c4abec6bf
B_DoubleMuParked FourMuons            29    33791   0b950b015d8b740557d50e8f24a1e211e5403b8cb98edb31290ac31c263686f4
B_DoubleMuParked TwoMuonsTwoElectrons 31    38205   ccc731dc2da555a4719c5b96ce34c2c972cde0dd6fb72d235617dfed4f7a7e6f
C_DoubleMuParked FourMuons            47    53082   abcd679d6bf32f9d6010cff773dec1497e28f3874a16fa495f4db112ce05175f
C_DoubleMuParked TwoMuonsTwoElectrons 53    57957   a895acfa822827688b2d25942affca7bba9f96dcafd8979f8c2a13f6c6ed5448
B_DoubleElectron FourElectrons        13    20817   2dc41a74c9909e1e899cefbd247b41f1f21dafe2eec2623c717bad68b03e57e3
B_DoubleElectron TwoMuonsTwoElectrons 23    28154   5f6880ebe7b26b541f58b4254400a3fcb17848a5538c41161d20ee128c3fe37d
C_DoubleElectron FourElectrons        24    32182   d4be4fb3fceb970820a98325b99f45f9f057c4776f22de720d1bbd47e2031e3c
C_DoubleElectron TwoMuonsTwoElectrons 35    41697   577c5432f756a58e9eeaa2cc7c31b07532d2ccdae9b6d5d8a616bea3e9e105de
"""


def files(*samples: str) -> dict:
    """The files of data sets' samples, how they are read, and whose they are."""
    found, rows = [], [line.split() for line in _FILES.strip().split("\n")]
    assert {row[0] for row in rows} >= {*samples}, f"no files are known of one of {samples}"
    for sample, state, events, size, sha256 in (row for row in rows if row[0] in samples):
        name = f"{sample}{state}Skim.root".replace("B_", "Run2012B_").replace("C_", "Run2012C_")
        found.append(SourceFile(name, f"{_FOLDER}/{name}", sha256, int(size), int(events), f"cms_h4l_2012/{name}"))
    return {"files": tuple(found), "schema": _SCHEMA, "licence": "CC0-1.0", "doi": "10.7483/OPENDATA.CMS.TXT4.4RRP"}
