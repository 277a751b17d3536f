"""Parse the page; no element, attribute or URL in it comes from the package.

    check_page.py PAGE
"""

import html.parser
import sys

ALLOWED_SCHEMES = ("#", "https://", "http://", "data:image/svg+xml")
UNWANTED = ("\x1b", "\u202e", "\u2066", "\x00", "\x08")


class Page(html.parser.HTMLParser):
    """Collects what should not be there."""

    def __init__(self):
        super().__init__()
        self.problems = []
        self.scripts = 0

    def handle_starttag(self, tag, attrs):
        """Elements that execute or load, and attributes that do."""
        self.scripts += tag == "script"
        if tag in ("img", "iframe", "object", "embed"):
            self.problems.append("element " + tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.problems.append("attribute %s of %s" % (name, tag))
            if name in ("href", "src") and not (value or "").startswith(ALLOWED_SCHEMES):
                self.problems.append("%s=%r" % (name, value))


def main():
    """Exit 1 with the problems."""
    with open(sys.argv[1], encoding="utf-8") as f:
        text = f.read()
    page = Page()
    page.feed(text)
    page.problems += ["character %r" % c for c in UNWANTED if c in text]
    if page.scripts > 1:
        page.problems.append("%d scripts" % page.scripts)
    print("\n".join(page.problems) or "page is clean")
    return bool(page.problems)


if __name__ == "__main__":
    sys.exit(main())
