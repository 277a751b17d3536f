"""What a case expects, compared with what a run gave; see README.md in this folder.

    path        packages[fx-crash].findings[0].kind   an index or a name in brackets
    value       equal, or a matcher: an object with one or more of MATCHERS
"""

import re

STEP = re.compile(r"\.?([\w-]+)|\[([^\]]+)\]")


class Missing(Exception):
    """A path that leads nowhere."""


def pick(value, key):
    """One step of a path: a member, an index, or the element of that name or id."""
    if isinstance(value, list):
        if re.fullmatch(r"-?\d+", key):
            try:
                return value[int(key)]
            except IndexError:
                raise Missing("no element %s in a list of %d" % (key, len(value)))
        for item in value:
            if isinstance(item, dict) and key in (item.get("name"), item.get("id")):
                return item
        raise Missing("no element named %s" % key)
    if isinstance(value, dict) and key in value:
        return value[key]
    raise Missing("no member %s" % key)


def follow(document, path):
    """The value at a path."""
    at = 0
    while at < len(path):
        m = STEP.match(path, at)
        if not m:
            raise Missing("cannot read the path at %r" % path[at:])
        document = pick(document, m.group(1) or m.group(2))
        at = m.end()
    return document


def text_of(value):
    """A value as the text that "has" and "matches" look into: lists line by line."""
    if isinstance(value, list):
        return "\n".join(str(v) for v in value)
    return str(value)


MATCHERS = {
    "has": lambda value, want: all(w in text_of(value) for w in ([want] if isinstance(want, str) else want)),
    "lacks": lambda value, want: not any(w in text_of(value) for w in ([want] if isinstance(want, str) else want)),
    "matches": lambda value, want: re.search(want, text_of(value)) is not None,
    "min": lambda value, want: value is not None and value >= want,
    "max": lambda value, want: value is not None and value <= want,
    "length": lambda value, want: len(value) == want,
    "contains": lambda value, want: all(w in value for w in (want if isinstance(want, list) else [want])),
    "one_of": lambda value, want: value in want,
}


def is_matcher(want):
    """Is this an object of matchers, rather than a value?"""
    return isinstance(want, dict) and bool(want) and set(want) <= set(MATCHERS)


def agrees(value, want):
    """Does a value meet what is wanted of it?"""
    if is_matcher(want):
        return all(MATCHERS[name](value, arg) for name, arg in want.items())
    return value == want


def json_problems(document, wanted):
    """Sentences about what differs; none when all agree."""
    problems = []
    for path, want in wanted.items():
        try:
            value = follow(document, path)
        except Missing as e:
            if want != {"absent": True}:
                problems.append("%s: %s" % (path, e))
            continue
        if want == {"absent": True}:
            problems.append("%s: is there: %r" % (path, value))
        elif not agrees(value, want):
            problems.append("%s: %r, expected %r" % (path, value, want))
    return problems


def text_problems(word, text, expect):
    """The same for `WORD_has` and `WORD_lacks` (lists of texts) and `WORD_matches` (patterns)."""
    problems = ["%s lacks %r" % (word, t) for t in expect.get(word + "_has", []) if t not in text]
    problems += ["%s has %r" % (word, t) for t in expect.get(word + "_lacks", []) if t in text]
    problems += ["%s does not match %r" % (word, t) for t in expect.get(word + "_matches", [])
                 if not re.search(t, text, re.M)]
    return problems


KEYS = {"json"} | {stream + what for stream in ("stdout", "stderr") for what in ("_has", "_lacks", "_matches")}
