"""What is asked of a page from inside: who can see, name and reach what stands on it."""

from __future__ import annotations

from typing import Any

CONTRAST = """() => {
    const parts = text => (text.match(/[\\d.]+/g) || []).map(Number);
    const over = (top, below) => {
        const alpha = top.length > 3 ? top[3] : 1;
        return [0, 1, 2].map(i => top[i] * alpha + below[i] * (1 - alpha));
    };
    const light = colour => {
        const [r, g, b] = colour.map(v => v / 255).map(
            v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = each => {
        const layers = [];
        for (let at = each; at; at = at.parentElement) {
            const colour = parts(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) layers.push(colour);
            if (colour.length === 3) break;
        }
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    document.querySelectorAll("details").forEach(each => { each.open = true; });
    const faint = [];
    let count = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const each = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !each.checkVisibility()) continue;
        if (each.closest("script, noscript, title, desc, .unseen, .skip, :disabled")) continue;
        const style = getComputedStyle(each);
        const drawn = each.closest("svg") ? style.fill : style.color;
        if (drawn === "none") continue;
        const behind = ground(each), before = over(parts(drawn), behind);
        const [one, two] = [light(before), light(behind)].sort((a, b) => b - a);
        const ratio = (one + 0.05) / (two + 0.05);
        count += 1;
        if (ratio < 4.5) faint.push([ratio.toFixed(2), drawn, each.outerHTML.slice(0, 120)]);
    }
    return { count, faint, ground: getComputedStyle(document.body).backgroundColor };
}"""
"""Text that is fainter than WCAG 2.2, 1.4.3 allows, by its relative luminance."""

AUDIT = """() => {
    const all = query => [...document.querySelectorAll(query)];
    const short = each => each.outerHTML.slice(0, 120);
    const ids = all("[id]").map(each => each.id);
    const held = "a[href], button, input:not([type=hidden]), select, textarea, summary, "
        + "[tabindex='0']";
    return {
        headings: all("h1, h2, h3, h4").filter(e => e.checkVisibility()).map(e => +e.tagName[1]),
        language: document.documentElement.lang,
        twice: ids.filter((id, at) => ids.indexOf(id) !== at),
        bare_tables: all("table").filter( e => !e.caption).map(short),
        bare_heads: all("th:not([scope])").map(short),
        bare_pictures: all("svg, img").filter(e => !e.parentElement.closest("svg")
            && e.getAttribute("aria-hidden") !== "true"
            && !(e.getAttribute("role") === "img" && (e.querySelector("title")
                 || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")))).map(short),
        lost_labels: all("[for], [aria-labelledby], [aria-describedby]").filter(e =>
            ["for", "aria-labelledby", "aria-describedby"].some(name => (e.getAttribute(name) || "")
                .split(" ").filter(Boolean).some(id => !document.getElementById(id)))).map(short),
        controls: all(held).filter(each => each.checkVisibility() && !each.disabled
            && each.tabIndex >= 0).length,
    };
}"""
"""What a page is built of."""

FOCUSED = """() => {
    const each = document.activeElement;
    if (!each || each === document.body) return null;
    window.reached = window.reached || new Map();
    if (!window.reached.has(each)) window.reached.set(each, window.reached.size);
    const style = getComputedStyle(each), box = each.getBoundingClientRect();
    return {
        number: window.reached.get(each),
        text: each.textContent.trim().slice(0, 40),
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        shown: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
}"""
"""Where the keyboard is, and whether that can be seen."""

MOVING = """() => {
    const live = document.getElementById("live");
    const always = document.getAnimations().map(String);
    live.classList.add("htmx-swapping");
    return { while: getComputedStyle(live).transitionDuration, always };
}"""
"""How long a part of the page fades that is being exchanged."""

SPOKEN = {
    "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton",
    "listbox", "progressbar", "progressIndicator", "image", "img", "table", "Date",
    "DisclosureTriangle", "region", "navigation", "article", "heading",
}  # fmt: skip
LANDMARKS = ("banner", "main", "contentinfo", "navigation")


def named(page: Any) -> dict[str, Any]:
    """What Chromium tells a screen reader: landmarks by kind, and what has no name."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    landmarks: dict[str, int] = {}
    nameless = []
    for node in nodes:
        role = node.get("role", {}).get("value", "")
        if node.get("ignored"):
            continue
        if role in LANDMARKS:
            landmarks[role] = landmarks.get(role, 0) + 1
        if role in SPOKEN and not node.get("name", {}).get("value", "").strip():
            nameless.append(role)
    return {"landmarks": landmarks, "nameless": nameless}
