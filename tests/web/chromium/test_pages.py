"""Every page in Chromium: silent, alone with its server, readable, and within the screen."""

from __future__ import annotations

import json

import pytest

from web.chromium.reading import AUDIT, CONTRAST, FOCUSED, MOVING, named
from web.chromium.scene import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIGHTS = ("light", "dark")


def test_no_page_complains_or_asks_anybody_else(site, visit) -> None:
    visitor = visit(site)
    titles = set()
    for path in PAGES:
        page = visitor.open(path)
        page.wait_for_function("performance.getEntriesByType('resource').length >= 5")
        titles.add(page.title())
        page.close()
    assert visitor.complaints == []
    assert visitor.strayed == []
    assert any("/events?" in url for url in visitor.asked)
    assert len(titles) == len(PAGES)


def test_the_policy_holds_in_the_browser(site, visit) -> None:
    """What a page could be made to say by others is not run, and tells nobody."""
    visitor = visit(site)
    page = visitor.open()
    found = page.evaluate("""async () => {
        const broken = [], note = e => broken.push(e.effectiveDirective);
        document.addEventListener("securitypolicyviolation", note);
        await new Promise(done => setTimeout(done, 0));  // what is evaluated by hand may do more
        const script = document.createElement("script");
        script.textContent = "window.taken = true";
        document.body.append(script);
        document.body.setAttribute("style", "color: red");
        const image = new Image();
        image.src = "http://127.0.0.1:9/x.png";
        const asked = await fetch("http://127.0.0.1:9/").then(() => "sent", () => "stopped");
        let evaluated = true;
        try { new Function("return 1")(); } catch { evaluated = false; }
        await new Promise(done => setTimeout(done, 50));
        return { broken, asked, evaluated, taken: window.taken === true };
    }""")
    assert found["taken"] is False
    assert found["evaluated"] is False
    assert found["asked"] == "stopped"
    wanted = {"script-src-elem", "style-src-attr", "img-src", "connect-src", "script-src"}
    assert set(found["broken"]) == wanted


@pytest.mark.parametrize("light", LIGHTS)
def test_text_stands_out_from_its_ground_by_4_5_to_1(site, visit, light) -> None:
    visitor = visit(site, color_scheme=light)
    grounds = set()
    for path in PAGES:
        page = visitor.open(path)
        found = page.evaluate(CONTRAST)
        assert found["count"] > 20, path
        assert found["faint"] == [], path
        grounds.add(found["ground"])
        page.close()
    assert grounds == {"rgb(247, 248, 247)" if light == "light" else "rgb(18, 21, 24)"}


def test_chosen_colours_outlast_the_system(site, visit) -> None:
    page = visit(site, color_scheme="light").open("/orders")
    page.get_by_role("button", name="Dark").click()
    page.wait_for_url("**/orders")
    assert page.evaluate(CONTRAST)["ground"] == "rgb(18, 21, 24)"
    assert page.evaluate(CONTRAST)["faint"] == []
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("width", [390, 320])
def test_a_telephone_scrolls_in_one_direction(site, visit, width) -> None:
    terms = {"viewport": {"width": width, "height": 844}, "has_touch": True, "is_mobile": True}
    visitor = visit(site, **terms)
    page = visitor.open()
    for name in ("Orders", "Book", "Performance", "Why", "Lab", "Data", "Today"):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).tap()
        page.wait_for_url(f"**/{'' if name == 'Today' else name.lower()}")
        page.get_by_role("heading", level=1).wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        wide = page.evaluate("""() => ({
            inner: document.documentElement.clientWidth,
            page: document.documentElement.scrollWidth,
            out: [...document.querySelectorAll('main *')].filter(each => {
                const box = each.getBoundingClientRect();
                return box.width && box.right > innerWidth + 1
                    && !each.closest('.scroll, .unseen, svg');
            }).map(each => each.outerHTML.slice(0, 90)),
            cut: [...document.querySelectorAll('main pre, main dd')].filter(
                each => each.scrollWidth > each.clientWidth + 1
            ).map(each => each.outerHTML.slice(0, 90)),
        })""")
        assert wide == {"inner": width, "page": width, "out": [], "cut": []}, name
        small = page.evaluate("""() => [
            ...document.querySelectorAll('main button, nav a, main input')
        ].filter(each => each.type !== 'hidden' && each.getBoundingClientRect().height < 32)
            .map(each => each.outerHTML.slice(0, 90))""")
        assert small == [], name
    assert visitor.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_a_screen_reader_finds_its_way(site, visit, path) -> None:
    page = visit(site).open(path)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = page.evaluate(AUDIT)
    assert found["headings"][0] == 1
    assert found["headings"].count(1) == 1
    leaps = zip(found["headings"], found["headings"][1:], strict=False)
    assert all(after <= before + 1 for before, after in leaps), found["headings"]
    assert found["language"] == "en"
    for fault in ("twice", "bare_tables", "bare_heads", "bare_pictures", "lost_labels"):
        assert found[fault] == [], fault
    tree = named(page)
    assert tree["nameless"] == []
    marks = tree["landmarks"]
    assert {"banner", "main", "contentinfo", "navigation"} <= set(marks)
    assert marks["main"] == marks["banner"] == marks["contentinfo"] == 1


@pytest.mark.parametrize("path", ["/", "/orders", "/why", "/book"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(site, visit, path) -> None:
    page = visit(site).open(path)
    wanted = page.evaluate(AUDIT)["controls"]
    seen = []
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now is None:
            break
        assert now["outlined"], json.dumps(now)
        assert now["shown"], json.dumps(now)
        seen.append(now["number"])
    assert len(set(seen)) == wanted
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["text"] == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_nothing_moves_for_those_who_asked_for_stillness(site, visit) -> None:
    moving = visit(site, reduced_motion="no-preference").open().evaluate(MOVING)
    still = visit(site, reduced_motion="reduce").open().evaluate(MOVING)
    assert moving == {"while": "0.1s", "always": []}
    assert still == {"while": "0s", "always": []}


def test_everything_can_be_read_without_scripts(site, visit) -> None:
    visitor = visit(site, java_script_enabled=False)
    page = visitor.open()
    for name in ("Orders", "Book", "Performance", "Why", "Lab", "Data"):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        page.wait_for_url(f"**/{name.lower()}")
        assert page.get_by_role("heading", level=1).inner_text() == name
        assert len(page.locator("main").inner_text()) > 200
    assert not any("/events?" in url for url in visitor.asked)
    assert visitor.complaints == []
