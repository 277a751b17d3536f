#!/usr/bin/env python3
"""Make pages of surveys and have check_html.py read them.

    test_html_pages.py MAKE_HTML SRCDIR

One attack survey holds texts that break out of every context; one of 1,000
packages is made here. Then pages are spoilt on purpose, to see that the
checker finds it. Ends with 1 if anything fails.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the source folder may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_html  # noqa: E402

failures = []


def expect(ok, text):
    if not ok:
        failures.append(text)
        print("FAIL:", text)


def make(program, *words):
    """Run make_html; returns the page's text."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "page.html")
        subprocess.run([program, words[0], out, *words[1:]], check=True)
        with open(out, encoding="utf-8", newline="") as f:
            return f.read()


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def check_page(name, text, survey, hostile=False):
    faults = check_html.check(text, survey, hostile)
    expect(not faults, f"{name}: {len(faults)} faults: " + "; ".join(faults[:8]))


def test_surveys(program, folder):
    """Every survey of the folder gives a page without a fault, with style and script and without."""
    names = sorted(n for n in os.listdir(folder) if n.endswith(".json"))
    expect("html_attack.json" in names and len(names) >= 5, "the surveys are there")
    for name in names:
        path = os.path.join(folder, name)
        survey, hostile = load(path), "attack" in name
        check_page(name, make(program, path), survey, hostile)
        plain = make(program, path, "-", "0", "plain")
        expect("<style" not in plain and "<script" not in plain, f"{name}: plain has no style or script")
        check_page(name + " plain", plain, survey, hostile)
        check_page(name + " against another", make(program, path, os.path.join(folder, names[0])), survey, True)


def test_attack_shows_its_text(program, folder):
    """What is made harmless is still there to be read."""
    text = make(program, os.path.join(folder, "html_attack.json"))
    shown = check_html.Page(text).root.text()
    for piece in ("<script>alert(1)</script>", "\"><img src=x onerror=alert(2)>", "' onmouseover='alert(3)",
                  "<U+202E>gpj.exe<U+2066>", "&lt;b&gt;&#60;i&#62;", "://***@evil.example/x", "<U+2028><U+2029>"):
        expect(piece in shown, f"the page shows {piece!r}")
    expect("pa55word" not in text, "credentials are not shown")
    expect("\x1b" not in text, "no escape character")


def ratio(v, n=15):
    return {"ratio": v, "lo": v * 0.97, "hi": v * 1.03, "n": n, "verdict": "slower", "noise": 0.04, "note": None}


def curve(work, objects, arm, verdict, speedup):
    points = [{"threads": t, "per_second": 9000 * s, "speedup": s, "lo": s * 0.97, "hi": s * 1.03, "overlap": s, "ceiling": t, "n": 18}
              for t, s in ((1, 1), (2, 1 + (speedup - 1) / 3), (4, speedup))]
    return {"work": work, "objects": objects, "arm": arm, "verdict": verdict, "efficiency": speedup / 4, "overlap": 2, "units": 12,
            "where": "a lock of some object" if verdict == "contended" else None, "note": "18 rounds in 3 processes", "points": points}


def fill_costs(row):
    """All that can be measured of a package, so that its section is as long as it gets."""
    row["delta"].update({key: ratio(v) for key, v in (("build", 1.09), ("memory", 1.12), ("memory_import", 1.1), ("import", 1.3))})
    tests = [{"id": f"tests/test_module_of_the_package.py::TestOfSomething::test_number_{i}[case]", "ratio": 2 / (i + 1), "lo": 1.9 / (i + 1),
              "hi": 2.1 / (i + 1), "n": 15, "gil_seconds": 0.0021, "ft_seconds": 0.004, "p": 6.1e-5, "significant": i < 3} for i in range(10)]
    row["delta"]["measured"] = {"pairs": 15, "noise_pairs": 15, "build_pairs": 8, "spoilt": 2, "repeated": 2, "repeat": 3, "timed": 711,
                                "too_short": 41, "waiting": 3, "unequal": 3, "lost": 2, "gained": 1, "seconds": 41.5, "load": 0.04,
                                "load_most": 0.9, "tests": tests}
    row["scaling"] = {"gil": [], "ft": [], "note": None, "contends": None, "load": 0.1, "curves": [
        curve("calls", "private", "gil", "serial", 0.98), curve("calls", "private", "ft", "scales", 3.4),
        curve("calls", "shared", "gil", "serial", 0.97), curve("calls", "shared", "ft", "contended", 0.6)]}


def many(survey, n):
    """A survey of n packages made from the rows of a small one, with long texts."""
    rows = []
    for i in range(n):
        row = json.loads(json.dumps(survey["packages"][i % len(survey["packages"])]))
        row["name"] = f"{row['name']}-{i}"
        if row["delta"]["time"]["ratio"]:
            fill_costs(row)
        for finding in row["findings"]:
            finding["id"] = f"{finding['id']}-{i}"
            finding["tail"] = "\n".join(f"line {k} of a log tail of the usual length, more or less" for k in range(80))
        rows.append(row)
    return dict(survey, packages=rows)


def notice(text):
    """What the page says of what it left out."""
    found = re.search(r"<p class='notice' id='cut'>(.*?)</p>", text)
    return found.group(1) if found else ""


def test_size(program, folder):
    """100 packages fit in 1 MiB, 1,000 in 6 MiB, with all of their log tails; a page that may not grow says what it left out."""
    small = load(os.path.join(folder, "html_team.json"))
    for n, budget in ((100, 1 << 20), (1000, 6 << 20)):
        survey = many(small, n)
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as f:
            json.dump(survey, f)
            f.flush()
            text = make(program, f.name)
            size = len(text.encode())
            print(f"{n} packages: {size} bytes")
            expect(size <= budget, f"{n} packages take {size} bytes")
            expect("log tails" not in notice(text), f"{n} packages keep their log tails")
            check_page(f"{n} packages", text, survey)
            measured = sum(1 for row in survey["packages"] if row["delta"]["time"]["ratio"])
            expect(text.count("<dt>cost</dt>") >= measured, f"{n} packages: what was measured of each is said")
            expect(n > 100 or text.count("class='plot'") >= measured, f"{n} packages: each has its plot")
            for least in (size * 3 // 4, size // 2, size // 6):
                text = make(program, f.name, "-", str(least))
                expect(len(text.encode()) <= least, f"{n} packages in {least} bytes")
                expect("id='cut'" in text, f"{n} packages in {least} bytes: the page says that it is cut")
                check_page(f"{n} packages in {least} bytes", text, survey)


def test_colours(folder):
    """The readiness colours of the style are those of the model."""
    source = os.path.join(folder, "..", "..", "..", "..")
    with open(os.path.join(source, "reports", "style.css"), encoding="utf-8") as f:
        css = f.read()
    with open(os.path.join(source, "src", "model", "readiness.def"), encoding="utf-8") as f:
        rows = re.findall(r'^X\(\w+, "([\w-]+)", .*?"(#\w+)", "(#\w+)"', f.read(), re.M)
    expect(len(rows) == 4, "readiness.def has four rows")
    for word, light, dark in rows:
        expect(check_html.tokens(css, False)[word] == light, f"{word} is {light}")
        expect(check_html.tokens(css, True)[word] == dark, f"{word} is {dark} in the dark")


# A page spoilt in one place, and a word of the fault that must be found.
SPOILT = [
    ("<p class='lead'>", "<p class='lead' onclick='x()'>", "onclick"),
    ("<p class='lead'>", "<p class='lead' style='color:red'>", "style"),
    ("<p class='lead'>", "<p class='lead'><img src='x'>", "<img>"),
    ("<p class='lead'>", "<p class='lead'><b>", "closes"),
    ("<p class='lead'>", "<!-- x --><p class='lead'>", "comment"),
    ("<p class='lead'>", "<p class='lead'>safe ", "'safe'"),
    ("<p class='lead'>", "<p class='lead'>\u202e", "hidden character"),
    ("<p class='lead'>", "<p class='lead' id='plan'>", "id plan twice"),
    ("<a href='#method'>", "<a href='#nowhere'>", "leads nowhere"),
    ("<a href='#method'>", "<a href='javascript:x'>", "link 'javascript:x'"),
    ("<a href='#method'>", "<a href='https://a.example/'>", "link 'https"),
    ("default-src &#39;none&#39;", "default-src *", "policy"),
    ("'use strict';", "'use strict'; ", "policy"),
    ("<html lang='en'>", "<html>", "language"),
    ("<h3>Blockers</h3>", "<h4>Blockers</h4>", "heading level"),
    ("<th scope='col'>holds</th>", "<th>holds</th>", "scope"),
    ("<caption>Blockers, by how many of your requirements each holds</caption>", "", "caption"),
    ("role='region' tabindex='0' aria-label='Blockers table'", "", "region"),
    ("<svg class='g no-go' aria-hidden='true'>", "<svg class='g no-go'>", "glyph"),
    ("<span class='w no-go'>no-go</span>", "", "glyph"),
    ("<title id='bar-t'>Readiness of the packages</title>", "", "drawing"),
    ("<label for='q'>Filter</label>", "", "input without a label"),
    ("<li><a href='#summary'>Summary</a></li>", "<li><a href='#words'>Summary</a></li><li><a href='#summary'>Summary</a></li>", "link text"),
    ("<tr class='r-go'>", "<tr class='r-limits'>", "rows of"),
    ("<b class='n'>3</b> no-go", "<b class='n'>4</b> no-go", "count"),
    ("--muted: #545d68", "--muted: #9aa2ab", "muted on"),
    ("@media (forced-colors: active)", "@media (forced-colors: none)", "forced colours"),
    ("min-height: 1.5rem; line-height", "min-height: 1rem; line-height", ".about may be smaller"),
    ("summary { cursor", "summary { transition: all 1s; cursor", "moves"),
]


def test_the_checker(program, folder):
    text = make(program, os.path.join(folder, "html_team.json"))
    for old, new, word in SPOILT:
        expect(old in text, f"the page holds {old!r}")
        faults = check_html.check(text.replace(old, new, 1))
        expect(any(word in f for f in faults), f"{new!r} is found ({word}): {faults[:3]}")


def test_bench(source):
    """The page of `bench` that test_bench compares byte by byte: its texts are attacks, and it has no style."""
    with open(os.path.join(source, "tests", "unit", "data", "golden", "bench-attack.html"), encoding="utf-8", newline="") as f:
        text = f.read()
    faults = check_html.check(text, hostile=True, bench=True)
    expect(not faults, f"bench: {len(faults)} faults: " + "; ".join(faults[:8]))
    shown = check_html.Page(text).root.text()
    for piece in ("<script>alert(1)</script>", "'><img src=x onerror=alert(2)>", "<U+202E>", "https://***@host/x"):
        expect(piece in shown, f"the bench page shows {piece!r}")
    for old, new, word in (("<section id='claims'", "<section id='clams'", "sections are"), ("<td>", "<td onclick='x'>", "onclick"),
                           ("<caption>Claims, measured ratios and verdicts</caption>", "", "caption")):
        expect(old in text, f"the bench page holds {old!r}")
        found = check_html.check(text.replace(old, new, 1), hostile=True, bench=True)
        expect(any(word in f for f in found), f"bench: {new!r} is found ({word}): {found[:3]}")


def main():
    program, source = sys.argv[1], sys.argv[2]
    folder = os.path.join(source, "tests", "unit", "data", "surveys")
    test_surveys(program, folder)
    test_attack_shows_its_text(program, folder)
    test_bench(source)
    test_size(program, folder)
    test_colours(folder)
    test_the_checker(program, folder)
    print("failed:" if failures else "passed", len(failures) or "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
