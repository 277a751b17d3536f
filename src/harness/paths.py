"""Names of files that are the same on both arms: relative to site, else to cwd."""
import os
import sys


def _forms(place):
    """A folder as it is named and as it is really called, once where that is the same; none of ""."""
    return dict.fromkeys((place, os.path.realpath(place))) if place else ()


class Paths:
    """Where the installed packages and the copied-out tests are."""

    def __init__(self, site, cwd, deny=(), home=""):
        self._roots = []
        places = ((site, "site-packages"), (home, "~"), (sys.prefix, "prefix"), (sys.base_prefix, "prefix"))
        self._words = [(form.rstrip("/"), word) for place, word in places for form in _forms(place) if form.count("/") > 1]
        for root in (site, cwd):
            for form in _forms(root):
                prefix = form.rstrip("/") + "/"
                if prefix not in self._roots:
                    self._roots.append(prefix)
        self._site = [os.path.join(form, "") for form in _forms(site)]
        self._deny = [f"/{fragment.strip('/')}/" for fragment in deny if fragment.strip("/")]
        self._known = {}

    def rel(self, path):
        """The path below site or cwd; the path itself when it is below neither."""
        path = str(path)
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._find(path)
        return found

    def unplaced(self, text):
        """Text in which the folders of this run, which differ from run to run, are words."""
        if "/" in text:
            for place, word in self._words:
                text = text.replace(place, word)
        return text

    def _find(self, path):
        for form in (path, os.path.realpath(path)):
            for root in self._roots:
                if form.startswith(root):
                    return form[len(root):]
        return path

    def in_site(self, path):
        """The path relative to site, or None when it is not below it."""
        for form in (path, os.path.realpath(path)):
            for root in self._site:
                if form.startswith(root):
                    return form[len(root):]
        return None

    def denied(self, rel):
        """Whether one of the job's denied fragments is part of a relative path."""
        if not self._deny:
            return False
        whole = f"/{rel}/"
        return any(fragment in whole for fragment in self._deny)
