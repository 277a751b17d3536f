#!/usr/bin/env python3
"""Read a page of the HTML report and say what is wrong with it.

    check_html.py PAGE [SURVEY.json]
    check_html.py --bench PAGE          a page of `migrate-check bench`

What a page may hold is written down here on its own, not taken from the C
code: elements, attributes and the form of every attribute's value. Text from
outside can appear as text and in the few attributes named in FOREIGN, nowhere
else. Beyond that the accessibility checklist of the design (numbers in the
comments), the policy's hashes, and that the counts add up. With the survey,
the counts must be its counts too. Prints one line for each fault; ends with 1
if there is any.
"""

import base64
import hashlib
import json
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br"}
READINESS = ["no-go", "limits", "unknown", "go"]
SECTIONS = ["summary", "plan", "changes", "matrix", "findings", "packages", "method", "words"]
BENCH_SECTIONS = ["summary", "claims", "workloads", "method"]
COLUMNS = ["readiness", "package", "verdict", "wanted", "from", "gil", "suite", "stress", "time", "memory",
           "import", "threads", "size", "change"]
MAX_SCRIPT, MAX_ASSETS, MAX_PAGE = 12 << 10, 40 << 10, 8 << 20

# Elements and the attributes that each may carry, besides id and class.
ELEMENTS = {
    "html": "lang", "head": "", "body": "", "title": "", "style": "", "script": "",
    "meta": "charset name content http-equiv", "link": "rel type href",
    "main": "tabindex", "header": "", "footer": "", "nav": "aria-label",
    "section": "aria-labelledby", "div": "role tabindex aria-label aria-labelledby hidden",
    "h1": "", "h2": "", "h3": "", "h4": "", "p": "role hidden", "span": "aria-hidden hidden", "b": "", "q": "",
    "sup": "", "code": "", "pre": "tabindex role aria-label", "a": "href rel", "ul": "", "ol": "", "li": "",
    "dl": "", "dt": "", "dd": "", "details": "open", "summary": "",
    "table": "", "caption": "", "thead": "", "tbody": "", "tr": "data-f", "th": "scope data-key data-kind",
    "td": "data-v", "fieldset": "", "legend": "", "label": "for", "button": "type hidden",
    "input": "type checked value name autocomplete spellcheck placeholder",
    "svg": "aria-hidden role width height aria-labelledby", "use": "href", "symbol": "viewbox", "desc": "",
    "circle": "cx cy r", "path": "d", "rect": "x y width height", "text": "x y text-anchor", "defs": "",
    "pattern": "width height patternunits patterntransform",
}
# The form of each attribute's value.
VALUES = {
    "class": r"[a-z0-9 -]*", "tabindex": r"0|-1", "lang": "en", "charset": "utf-8", "role": "region|status|img",
    "aria-hidden": "true", "scope": "col|row", "open": "", "hidden": "", "checked": "", "rel": "icon|noreferrer",
    "type": r"image/svg\+xml|button|checkbox|radio|search", "for": "q", "name": "cols|viewport|color-scheme|referrer",
    "value": "|".join(READINESS) + "|verdict|cost|evidence|all", "autocomplete": "off", "spellcheck": "false",
    "data-kind": "n|t", "data-key": "|".join(COLUMNS), "data-f": r"[a-z -]+", "placeholder": "words, pkg:name, fault:library",
    "width": r"\d+(\.\d)?%?", "height": r"\d+", "x": r"\d+(\.\d)?%?", "y": r"\d+", "cx": r"\d+(\.\d)?", "cy": r"\d+(\.\d)?",
    "r": r"\d+(\.\d)?", "d": r"[MLHVZCSmlhvzcs0-9 .-]+", "viewbox": "0 0 16 16", "text-anchor": "start|middle|end",
    "patternunits": "userSpaceOnUse", "patterntransform": r"rotate\(45\)", "aria-labelledby": r"[a-z0-9 -]+",
    "http-equiv": "Content-Security-Policy",
}
FOREIGN = {"aria-label", "data-v"}  # escaped text of a package may stand here
IDS = re.compile(r"[a-z][a-z0-9-]{0,40}")
ICON = re.compile(r"data:image/svg\+xml,%3Csvg [^<>\"'\s]*( [^<>\"']*)?%3C/svg%3E")
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")


class Node:
    """An element: tag, attributes, children (nodes and strings), parent."""

    def __init__(self, tag, attrs, parent):
        self.tag, self.attrs, self.parent, self.children = tag, attrs, parent, []

    def all(self, *tags):
        """Every element below, in document order; of the given tags if any."""
        for child in self.children:
            if isinstance(child, Node):
                if not tags or child.tag in tags:
                    yield child
                yield from child.all(*tags)

    def text(self):
        return "".join(c if isinstance(c, str) else c.text() for c in self.children)

    def classes(self):
        return self.attrs.get("class", "").split()

    def elements(self):
        return [c for c in self.children if isinstance(c, Node)]

    def inside(self, tag):
        node = self.parent
        while node and node.tag != tag:
            node = node.parent
        return node


class Page(HTMLParser):
    """The page as a tree, with a list of what is not well formed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.source = [], text
        self.root = self.at = Node("", {}, None)
        self.feed(text)
        self.close()
        if self.at is not self.root:
            self.faults.append(f"<{self.at.tag}> is not closed")
        self.style = "".join(n.text() for n in self.root.all("style"))
        self.script = "".join(n.text() for n in self.root.all("script"))

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.faults.append(f"<{tag}> has an attribute twice")
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if self.at.tag != tag:
            self.faults.append(f"</{tag}> closes <{self.at.tag}>")
        if self.at.parent:
            self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)

    def handle_comment(self, data):
        self.faults.append(f"a comment: {data[:40]!r}")

    def handle_pi(self, data):
        self.faults.append(f"a processing instruction: {data[:40]!r}")

    def unknown_decl(self, data):
        self.faults.append(f"a declaration: {data[:40]!r}")


# --- safety ---------------------------------------------------------------

def check_template(page, css_classes):
    """No element, attribute or value that the template does not make."""
    for node in page.root.all():
        if node.tag not in ELEMENTS:
            yield f"element <{node.tag}> is not of the template"
            continue
        allowed = set(ELEMENTS[node.tag].split()) | {"id", "class"}
        for name, value in node.attrs.items():
            if name not in allowed:
                yield f"attribute {name!r} of <{node.tag}> is not of the template"
            elif name == "id" and not IDS.fullmatch(value):
                yield f"id {value!r}"
            elif name in VALUES and not re.fullmatch(VALUES[name], value):
                yield f"<{node.tag} {name}={value!r}>"
            elif HIDDEN.search(value):
                yield f"hidden character in {name} of <{node.tag}>"
        for name in node.classes():
            if css_classes and name not in css_classes and not re.fullmatch(r"[rkp]-[a-z-]+", name):
                yield f"class {name!r} is not of the style"


def check_urls(page):
    """Links lead to an id of the page, or to http, https, mailto with noreferrer."""
    for node in page.root.all():
        url = node.attrs.get("href")
        if url is None or (url.startswith("#") and re.fullmatch("#[a-z][a-z0-9-]*", url)):
            continue
        if node.tag == "link":
            if not ICON.fullmatch(url):
                yield f"icon {url[:60]!r}"
        elif not re.match(r"(?i)(https?://|mailto:)[!-~]+$", url) or node.attrs.get("rel") != "noreferrer":
            yield f"link {url[:60]!r}"
        elif re.match(r"(?i)https?://[^/?#]*@", url):
            yield f"link with credentials {url[:60]!r}"


def check_policy(page):
    """The policy is the strict one, and its hashes are those of style and script."""
    metas = [n for n in page.root.all("meta") if "http-equiv" in n.attrs]
    if len(metas) != 1:
        yield "not exactly one policy"
        return
    given = dict((d.strip().split(" ", 1) + [""])[:2] for d in metas[0].attrs["content"].split(";"))
    want = {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    for name, text in (("style-src", page.style), ("script-src", page.script)):
        if text:
            want[name] = "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    if given != want:
        yield f"policy is {given}, not {want}"
    before = page.source[:page.source.find("Content-Security-Policy")]
    if "<style" in before or "<script" in before or "<link" in before:
        yield "the policy comes after what it governs"
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "localStorage",
                 "XMLHttpRequest", "import("):
        if word in page.script:
            yield f"the script uses {word}"
    if re.search(r"@import|url\((?!#)", page.style):
        yield "the style loads something"


def check_text(page):
    """Nothing hidden in the text, and none of the two words that would promise too much."""
    for node in page.root.all():
        if node.tag in ("style", "script"):
            continue
        for child in node.children:
            if isinstance(child, str) and HIDDEN.search(child):
                yield f"hidden character in the text of <{node.tag}>: {child[:60]!r}"


def check_words(page):
    body = next(page.root.all("body"))
    text = " ".join(c for n in [body, *body.all()] if n.tag != "script" for c in n.children if isinstance(c, str))
    for word in ("safe", "compatible"):
        if re.search(rf"(?i)(?<![\w-]){word}(?![\w-])", text):
            yield f"the word {word!r}"


def check_size(page):
    size = len(page.source.encode())
    packages = sum("pkg" in n.classes() for n in page.root.all("section"))
    budget = (1 << 20) + max(0, packages - 100) * (5 << 20) // 900
    if size > min(budget, MAX_PAGE):
        yield f"{size} bytes for {packages} packages"
    sprite = next((n for n in page.root.all("svg") if "sprite" in n.classes()), None)
    glyphs = len(re.search(r"<svg class='sprite'.*?</svg>", page.source, re.S).group(0)) if sprite else 0
    if len(page.script.encode()) > MAX_SCRIPT or len(page.style.encode()) + len(page.script.encode()) + glyphs > MAX_ASSETS:
        yield "style, script and glyphs are larger than they may be"


# --- accessibility --------------------------------------------------------

def check_outline(page):  # 1
    root = page.root
    if next(root.all("html")).attrs.get("lang") != "en":
        yield "no language"
    levels = [int(n.tag[1]) for n in root.all("h1", "h2", "h3", "h4")]
    if levels.count(1) != 1 or levels[0] != 1:
        yield "not one h1 before all headings"
    for a, b in zip(levels, levels[1:]):
        if b > a + 1:
            yield f"heading level {a} is followed by {b}"
    if len(list(root.all("main"))) != 1:
        yield "not one main"
    for nav in root.all("nav"):
        if not nav.attrs.get("aria-label"):
            yield "nav without a label"
    first = next(n for n in root.all("a", "button", "input", "summary"))
    if first.attrs.get("href") != "#main":
        yield "the first thing to focus is not the skip link"
    found = [n.attrs["id"] for n in next(root.all("main")).elements() if n.tag == "section"]
    sections = BENCH_SECTIONS if page.bench else SECTIONS
    if found != [s for s in sections if s in found] or set(sections) - {"changes"} - set(found):
        yield f"sections are {found}"


def check_tables(page):  # 2, 3
    for table in page.root.all("table"):
        first = table.elements()[0]
        if first.tag != "caption" or not first.text().strip():
            yield "a table without a caption"
        for th in table.all("th"):
            if th.attrs.get("scope") not in ("col", "row"):
                yield "a th without a scope"
        box = table.parent
        if box.attrs.get("role") != "region" or box.attrs.get("tabindex") != "0" or not named(page, box):
            yield "a table outside a named region that can be focused"
        if sum("aria-sort" in th.attrs for th in table.all("th")) > 1:
            yield "aria-sort more than once"
        if table.attrs.get("id") == "rows":
            yield from check_matrix(table)


def check_matrix(table):
    heads = list(next(table.all("thead")).all("th"))
    if [h.attrs.get("data-key") for h in heads] != COLUMNS:
        yield f"columns are {[h.attrs.get('data-key') for h in heads]}"
    for head in heads:
        buttons = list(head.all("button"))
        if len(buttons) != 1 or buttons[0].attrs.get("type") != "button" or not buttons[0].text().strip():
            yield "a head without its button"
    if "sort" not in next(table.all("caption")).text():
        yield "the caption does not say that heads sort"
    for row in next(table.all("tbody")).all("tr"):
        cells = row.elements()
        if len(cells) != len(COLUMNS) or [c.tag for c in cells].index("th") != 1:
            yield f"a row of {len(cells)} cells"


def named(page, node):
    label = node.attrs.get("aria-label") or node.attrs.get("aria-labelledby")
    return bool(label and label.strip())


def check_drawings(page):  # 4, 5
    for svg in page.root.all("svg"):
        if svg.attrs.get("aria-hidden") != "true":
            title = [n for n in svg.elements() if n.tag == "title"]
            if svg.attrs.get("role") != "img" or not title or not title[0].text().strip():
                yield "a drawing neither hidden nor named"
        if "g" in svg.classes():
            word = svg.classes()[1]
            siblings = svg.parent.children
            following = siblings[siblings.index(svg) + 1:]
            text = (following[0].text() if following and isinstance(following[0], Node) else "").strip()
            if svg.attrs.get("aria-hidden") != "true" or not re.search(rf"(^|\s){word}$", text):
                yield f"glyph {word} is followed by {text[:30]!r}"


def check_controls(page):  # 8, 9, 11, 13
    labels = {n.attrs["for"] for n in page.root.all("label") if "for" in n.attrs}
    texts = {}
    for node in page.root.all():
        if int(node.attrs.get("tabindex", "0")) > 0 or "autofocus" in node.attrs:
            yield "the order of focus is changed"
        if node.tag == "input" and not node.inside("label") and node.attrs.get("id") not in labels:
            yield "an input without a label"
        if node.tag == "details" and (not node.elements() or node.elements()[0].tag != "summary"):
            yield "a details without a summary"
        if node.tag == "button" and (node.attrs.get("type") != "button" or not node.text().strip()):
            yield "a button without type or text"
        if node.tag == "a":
            text = " ".join(node.text().split())
            if not text:
                yield f"a link without text to {node.attrs.get('href')}"
            texts.setdefault(text, set()).add(node.attrs.get("href"))
    for text, targets in texts.items():
        if len(targets) > 1:
            yield f"link text {text[:60]!r} for {len(targets)} targets"


def check_ids(page):  # 11
    ids = [n.attrs["id"] for n in page.root.all() if "id" in n.attrs]
    for name in {i for i in ids if ids.count(i) > 1} if len(ids) < 500 else duplicates(ids):
        yield f"id {name} twice"
    known = set(ids)
    for node in page.root.all():
        href = node.attrs.get("href", "")
        if href.startswith("#") and href[1:] not in known:
            yield f"link to {href} leads nowhere"
        for name in node.attrs.get("aria-labelledby", "").split():
            if name not in known:
                yield f"label {name} does not exist"


def duplicates(names):
    seen, twice = set(), set()
    for name in names:
        (twice if name in seen else seen).add(name)
    return twice


# --- style ----------------------------------------------------------------

def tokens(css, dark):
    """Custom properties of the light or the dark scheme."""
    light, _, rest = css.partition("@media screen and (prefers-color-scheme: dark)")
    part = rest[:rest.index("}\n}")] if dark else light
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))


def luminance(color):
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    hi, lo = sorted((luminance(a), luminance(b)), reverse=True)
    return (hi + 0.05) / (lo + 0.05)


def check_contrast(css):  # 6
    text = [(f, b) for f in ("fg", "muted", "link", *READINESS) for b in ("bg", "soft")]
    marks = [(f, b) for f in ("edge", "focus", *READINESS) for b in ("bg", "soft")]
    marks += [(f, "band") for f in ("fg", *READINESS)]
    for dark in (False, True):
        color = tokens(css, dark)
        for pairs, least in ((text, 4.5), (marks, 3.0)):
            for a, b in pairs:
                if contrast(color[a], color[b]) < least:
                    yield f"{a} on {b}, {'dark' if dark else 'light'}: {contrast(color[a], color[b]):.2f}, not {least}"


def check_style(css):  # 6 to 10, 12, print
    yield from check_contrast(css)
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    rules = plain[plain.index("* { box-sizing"):]
    if re.search(r"#[0-9a-f]{3,8}\b(?=[^{}]*;)", rules.replace("#rows", "")):
        yield "a colour that is no token"
    if not re.search(r":focus-visible \{ outline: [23]px solid var\(--focus\)", plain):
        yield "no visible focus"
    if "outline: none" in plain.replace("main:focus { outline: none; }", ""):
        yield "an outline is taken away"
    if "scroll-padding-top" not in plain:
        yield "the header can cover what has the focus"
    for selector in ("button", ".sort", ".about", "label", "summary", "input[type=search]"):
        found = re.search(rf"(?m)^{re.escape(selector)} \{{[^}}]*min-height: ([\d.]+)rem", plain)
        if not found or float(found.group(1)) < 1.5:
            yield f"{selector} may be smaller than 24 by 24"
    if re.search(r"animation|transition|@keyframes", plain):
        yield "something moves"
    forced = plain[plain.find("@media (forced-colors: active)"):]
    if "CanvasText" not in forced or ".body" not in forced:
        yield "no forced colours"
    printed = plain[plain.find("@media print"):]
    for needed in ("size: landscape", "table-header-group", "break-inside: avoid", "attr(href)", "::details-content"):
        if needed not in printed:
            yield f"print lacks {needed}"


def classes_of(css):
    return set(re.findall(r"\.([a-z][a-z0-9-]*)", re.sub(r"/\*.*?\*/", "", css, flags=re.S)))


# --- numbers --------------------------------------------------------------

def check_counts(page, survey):
    """Summary, plan, waves and matrix count the same packages; with a survey, its packages."""
    plan = next(n for n in page.root.all("section") if n.attrs.get("id") == "plan")
    groups = {}
    for group in (n for n in plan.all("details") if "group" in n.classes()):
        words = group.elements()[0].text().split()
        items = next(group.all("ul")).elements()
        groups[words[1]] = int(words[0])
        if len(items) != max(1, int(words[0])) and "not listed here" not in items[-1].text():
            yield f"group {words[1]} counts {words[0]} and lists {len(items)}"
    if sorted(groups) != sorted(READINESS):
        yield f"groups are {sorted(groups)}"
    summary = next(n for n in page.root.all("ul") if "counts" in n.classes())
    if {li.text().split()[1]: int(li.text().split()[0]) for li in summary.elements()} != groups:
        yield "summary and plan count differently"
    total = sum(groups.values())
    for waves in (n for n in plan.all("ol") if "waves" in n.classes()):
        if sum(int(li.text().split()[-1]) for li in waves.elements()) != total:
            yield "the waves do not add up"
    rows = [r for t in page.root.all("table") if t.attrs.get("id") == "rows" for r in next(t.all("tbody")).elements()]
    cut = any(n.attrs.get("id") == "cut" for n in page.root.all("p"))
    for word in READINESS:
        n = sum("r-" + word in r.classes() for r in rows)
        if n != groups.get(word) and not cut:
            yield f"{n} rows of {word}, the plan says {groups.get(word)}"
    if survey is not None:
        want = {w: sum(p.get("readiness") == w for p in survey["packages"]) for w in READINESS}
        if want != groups:
            yield f"the survey has {want}, the page says {groups}"


CHECKS = [check_urls, check_policy, check_text, check_words, check_size, check_outline, check_tables, check_drawings,
          check_controls, check_ids]


def check(text, survey=None, hostile=False, bench=False):
    """All faults of a page. A hostile one may hold any words and any two links of one text."""
    page = Page(text)
    page.bench = bench
    faults = list(page.faults)
    faults += check_template(page, classes_of(page.style) if page.style else set())
    for function in CHECKS:
        faults += function(page)
    if page.style:
        faults += check_style(page.style)
    faults += [] if bench else check_counts(page, survey)
    if hostile:
        faults = [f for f in faults if not f.startswith(("the word", "link text"))]
    return faults


def main():
    words = sys.argv[1:]
    bench = words[0] == "--bench"
    text = open(words[bench], encoding="utf-8", newline="").read()
    survey = json.load(open(words[1], encoding="utf-8")) if len(words) > 1 and not bench else None
    faults = check(text, survey, bench=bench)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
