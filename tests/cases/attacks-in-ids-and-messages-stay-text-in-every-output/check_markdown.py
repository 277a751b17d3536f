"""Outside of code, the Markdown of a command holds no element, mention, reference or link from the package.

    check_markdown.py COMMAND...
"""

import re
import subprocess
import sys

FENCE = re.compile(r"^(`{3,})[^`\n]*\n.*?^\1[ ]*$", re.S | re.M)
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
UNWANTED = {"element": r"(?<!\\)<(?!!--)[a-z/]", "mention": r"(?<![\w\\])@[a-z]", "reference": r"(?<![\w\\&])#[0-9]",
            "link": r"(?<!\\)\]\((?!https?://)"}


def main():
    """Exit 1 with what should not be there."""
    text = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=True).stdout
    prose = SPAN.sub("", FENCE.sub("", text))
    problems = ["%s: %r" % (word, m.group(0) + prose[m.end():m.end() + 30])
                for word, pattern in UNWANTED.items() for m in re.finditer(pattern, prose)]
    print("\n".join(problems) or "Markdown is clean")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
