"""What people read goes through one catalogue: nothing is beside it, the file of all phrases is current, a page speaks another language."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from dashboard import text
from dashboard.app import mount
from dashboard.text import Catalogue, catalogue, preferred
from monitor.config import parse_config
from monitor.errors import ConfigError
from tests import phrases
from tests.dashboard.browsing import module, opened
from tests.dashboard.fake_api import USERS
from tests.dashboard.fake_past import CLOSED, record
from tests.dashboard.fake_server import running

MODULES = sorted(phrases.MODULES.glob("*.js"))


def test_the_file_of_all_phrases_is_current() -> None:
    current = phrases.written(phrases.catalogue())
    assert phrases.CATALOGUE.read_text("utf-8") == current, "python -m tests.phrases > dashboard/assets/text/en.json"


# Nothing beside the catalogue

UNSEEN_AFTER = {
    "make",
    "import",
    "from",
    "icon",
    "redraw",
    "querySelector",
    "querySelectorAll",
    "closest",
    "matches",
    "error",
}
"""A literal after one of these is an element, a path, a picture, a selector or for the console."""

NOT_FOR_PEOPLE = {
    "Accept", "AudioContext", "Content-Type", "Escape", "Enter", "Home", "End",  # what the browser calls things
    "blood pressure", "line or pump", "no connection", "group of {0}", "max_dose maximum",  # what the record and the sounds call things
    "Vigil", "M.K.", "ECG", "CADSS-6", "MOAA/S", "MOAA", "CADSS", "PADSS", "PADSS…",  # names, alike everywhere
}  # fmt: skip
UNITS = r"mg|kg|h|min|s|mL|mmHg|bpm|lb|ECG|HR|PR|SpO₂|SBP|DBP|MAP|NIBP|RR|Vigil"
CODE = re.compile(
    r"://|^\.?/|[#<>=\[\]]|^--|--\{|px |^M?[\d ]*[\d.]+[a-zA-Z\d .-]*$|^M\d|calc\(|^application/|-hint$|^[a-z]+-\{0\}$"
)


def is_phrase(literal: phrases.Literal) -> bool:
    """Whether it reads as words for a person: a capital and small letters, or words apart."""
    said = re.sub(r"\{\d+\}", " ", literal.text)
    said = re.sub(rf"(?<![\w/])(?:{UNITS})(?![\w])", " ", said)
    return bool(re.search(r"(?<![A-Za-z])[A-Z][a-z]|[a-z’.,]{2} +[a-z(]|[a-z]{2}…", said)) and not CODE.search(
        literal.text
    )


def test_no_phrase_stands_beside_the_catalogue() -> None:
    beside = [
        f"{path.name}:{one.line}: {one.text}"
        for path in MODULES
        for one in phrases.literals(path.read_text("utf-8"))
        if not one.is_told and one.text not in NOT_FOR_PEOPLE and not UNSEEN_AFTER & set(one.before) and is_phrase(one)
    ]
    assert beside == []


# A catalogue of a language


def test_english_brings_nothing_and_what_is_missing_stays_english(tmp_path: Path) -> None:
    assert catalogue("en").for_page() == ""
    (tmp_path / "de.json").write_text('{"Acknowledge": "Bestätigen", "Wall": ""}', "utf-8")
    german = catalogue("de", tmp_path)
    assert (german("Acknowledge"), german("Wall"), german("Rules")) == ("Bestätigen", "Wall", "Rules")
    assert '"Acknowledge": "Bestätigen"' in german.for_page()


def test_no_phrase_ends_the_element_that_brings_it() -> None:
    told = Catalogue("xx", {"Wall": "</script><b>"}).for_page()
    assert told.count("<") == 2
    assert json.loads(told[told.index("{") : told.rindex("}") + 1]) == {"Wall": "</script><b>"}


@pytest.mark.parametrize(
    ("language", "file", "sentence"),
    [
        ("fr", "{}", "clinic.language 'fr' has no catalogue; there are: en, xx"),
        ("../x", "{}", "clinic.language '../x' has no catalogue; there are: en, xx"),
        ("de_AT", "{}", "clinic.language 'de_AT' has no catalogue; there are: en, xx"),
        ("xx", "{", "the catalogue .*xx.json cannot be read: "),
        ("xx", '{"Wall": 1}', "the catalogue .*xx.json must be one table of texts"),
        ("xx", '{"Sum {0} of {1}": "Summe {1}"}', "the catalogue .*xx.json must keep the values of 'Sum .0. of .1.': "),
        ("xx", '{"Wall": "Wand {0}"}', "the catalogue .*xx.json must keep the values of 'Wall': "),
        ("xx", "[]", "the catalogue .*xx.json must be one table of texts"),
    ],
)
def test_a_catalogue_that_cannot_be_had_is_told_in_a_sentence(
    tmp_path: Path, language: str, file: str, sentence: str
) -> None:
    (tmp_path / "xx.json").write_text(file, "utf-8")
    (tmp_path / "de_AT.json").write_text("{}", "utf-8")  # no browser knows such a language
    with pytest.raises(ConfigError, match=sentence):
        catalogue(language, tmp_path)


def test_the_language_is_the_clinic_s() -> None:
    chair = '[[chair]]\nid = "1"\n'
    assert parse_config(chair).language == "en"
    assert parse_config(f'[clinic]\nlanguage = "de"\n{chair}').language == "de"


def test_the_first_run_speaks_as_the_browser_asks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "de.json").write_text('{"Wall": "Wand"}', "utf-8")
    monkeypatch.setattr(text, "FOLDER", tmp_path)
    assert preferred("fr, de-AT;q=0.8, en;q=0.5").language == "de"
    assert preferred("en-GB, de;q=0.8").language == "en"
    assert preferred("").language == preferred("*").language == "en"


SAID = """(told) => {
  const catalogue = Object.assign(document.createElement('script'), { type: 'application/json', id: 'vigil-text' })
  catalogue.textContent = JSON.stringify(told)
  document.head.append(catalogue)
  return import('/assets/js/text.js?again').then(({ t }) => {
    catalogue.remove()
    const [a, b] = ['3 s', '{0}']
    const server = [null, 'NIBP overdue, every 5 min', 'SpO₂ probe off, last 9.5', 'SpO₂ 84 < 85']
    return [t('Wall'), t('Rules'), t`Paused ${a}, ${b}`, t`Ended ${a}`, ...server.map((one) => t(one))]
  })
}"""


def test_values_stand_where_a_translation_wants_them(plain_page: Page) -> None:
    told = {
        "Wall": "Wand",
        "Rules": "",
        "Paused {0}, {1}": "{1} seit {0} in Pause",
        "NIBP overdue, every {0} min": "NIBP alle {0} min ausgeblieben",
        "probe off": "Sensor ab",
        "last {0}": "zuletzt {0}",
    }
    assert plain_page.evaluate(SAID, told) == [
        "Wand",
        "Rules",
        "{0} seit 3 s in Pause",
        "Ended 3 s",
        None,
        "NIBP alle 5 min ausgeblieben",
        "SpO₂ Sensor ab, zuletzt 9.5",
        "SpO₂ 84 < 85",
    ]
    assert module(plain_page, "text", "[m.t('Wall'), m.t(null), m.t`Paused ${1}`]") == ["Wall", None, "Paused 1"]


# A page in another language: every phrase in brackets

STRAYS = """() => {
  const outside = (said) => {
    let [depth, rest] = [0, '']
    for (const sign of said) {
      if (sign === '⟦') depth += 1
      else if (sign === '⟧') depth -= 1
      else rest += depth ? ' ' : sign
    }
    return rest
  }
  const told = [document.title]
  const isSeen = (e) => !e.closest('script, style, code, [data-plain]') && e.checkVisibility({ visibilityProperty: true })
  const shown = [...document.body.querySelectorAll('*')].filter(isSeen)
  for (const e of shown) {
    for (const name of ['aria-label', 'title', 'placeholder', 'data-note', 'data-also', 'data-before']) told.push(e.getAttribute(name) ?? '')
    for (const node of e.childNodes) if (node.nodeType === Node.TEXT_NODE) told.push(node.data)
  }
  return told.map(outside)
}"""
PLAIN = re.compile(
    rf"(?<![^\W\d_])(?:{UNITS}|mm|PI|ECG II|CO₂|etCO₂|EtCO₂|MOAA/S|CADSS-6|Aldrete|PADSS|Id|mV)(?![^\W\d_])"
)
WORD = re.compile(r"[^\W\d_]{2,}")
TOLD = [
    *(user.name for user in USERS), "Infusion room", "Cardiac monitor", "Oximeter", "NIBP module", "60 mg/h for 90 min",
    "Look at the patient. Oxygen by the clinic's rule.", "Walks steadily. Escort is here.", "eyes closed", "own baseline",
]  # fmt: skip
NAMES = re.compile("|".join([*map(re.escape, TOLD), r"Chair \d+", r"\w{3} \w{3} \d+ \d{4}"]))
"""What this house calls its people, places and devices, what was typed, and days, of which no browser knows the names in "xx"."""


@pytest.fixture
def foreign(browser: Browser) -> Iterator[Page]:
    """A page whose every phrase stands in brackets."""
    wrapped = Catalogue("xx", {phrase: f"⟦{phrase}⟧" for phrase in phrases.catalogue()})
    house = record("1,2,4,8,9,12")

    def mounted(api: FastAPI) -> None:
        mount(api, wrapped)

    patch = pytest.MonkeyPatch()
    patch.setattr("dashboard.app.mount", mounted)
    with running(house) as address:
        patch.undo()
        page = opened(browser, address)
        yield page
        page.close()


def strays(page: Page, plain: re.Pattern[str]) -> set[str]:
    """What is read on ``page`` outside brackets, without names and values."""
    told: list[str] = page.evaluate(STRAYS)
    rest = (PLAIN.sub(" ", plain.sub(" ", one)) for one in told)
    return {" ".join(one.split()) for one in rest if WORD.search(one)}


PAGES = {
    "/": ".tile .value",
    "/chair/2": "#vigil-charting .level",
    "/chair/8": "#vigil-session .button:visible",
    "/alerts": ".alert-row",
    "/shift": ".step",
    "/sessions": "tr[data-session]",
    f"/session/{CLOSED.replace(':', '%3A')}": ".review-events li",
    "/settings": "tr[data-code]",
    "/what-if": ".whatif-results > *",
    "/nowhere": ".nowhere h1",
    "/sign-in": ".user",
}
DIALOGS = {
    "/chair/8": ["Admit…"],
    "/chair/9": ["Checklist…", "Start…", "Baseline…", "Limits…", "Withdraw…"],
    "/chair/2": ["Pause…", "Rate…", "Bolus…", "Stop…", "Side effect", "Drug given", "Line site", "More"],
    "/chair/4": ["Checklist…", "Close…"],
}


def test_every_phrase_of_every_page_comes_from_the_catalogue(foreign: Page) -> None:
    go = "(path) => import('/assets/js/pages.js').then(({ go }) => go(path))"
    found: dict[str, set[str]] = {}
    for path, there in PAGES.items():
        foreign.evaluate(go, path)
        expect(foreign.locator(there).first).to_be_visible()
        found[path] = strays(foreign, NAMES)
    for path, names in DIALOGS.items():
        foreign.evaluate(go, path)
        for name in names:
            foreign.locator("#vigil-page").get_by_role("button", name=f"⟦{name}⟧").first.click()
            expect(foreign.locator("dialog[open]")).to_be_visible()
            found[name] = strays(foreign, NAMES)
            foreign.keyboard.press("Escape")
    assert foreign.evaluate("document.documentElement.lang") == "xx"
    assert {where: said for where, said in found.items() if said} == {}
