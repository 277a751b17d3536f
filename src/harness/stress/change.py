"""Arguments that one thread changes while others give them to the package."""
from . import values

LONG_LIST = 200            # items of an argument that is walked while it changes


def rebind(operation, receiver, arguments, keywords):
    """The operation with these very argument objects."""
    class Given:
        def __init__(self, value):
            self._value = value

        def make(self, _):
            return self._value

    twin = type(operation)(operation.kind, operation.name, operation.function, [Given(one) for one in arguments],
                           {name: Given(one) for name, one in keywords.items()}, operation.test)
    twin.result = operation.result
    return twin.prepare(values.Making(None, receiver))


def changer(target):
    """A callable that changes a container, and mostly restores it."""
    if isinstance(target, list):
        def change():
            saved = list(target)
            target.clear()
            target.extend([object() for _ in range(len(saved) + 3)])
            target[:] = saved
    elif isinstance(target, dict):
        def change():
            saved = dict(target)
            target.clear()
            for number in range(20):
                target[number] = object()
            target.clear()
            target.update(saved)
    elif isinstance(target, set):
        def change():
            saved = set(target)
            target.clear()
            target.update(range(20))
            target.clear()
            target.update(saved)
    else:
        def change():
            saved = bytes(target)
            target.extend(b"x" * 4096)
            target[:] = saved
    return change


def enlarge(targets, call):
    """Makes lists longer, where the call takes that: tests give short ones, and what walks a list is soon through."""
    for one in targets:
        if type(one) is list and 0 < len(one) < LONG_LIST:
            saved = one[:]
            one *= LONG_LIST // len(saved)
            try:
                call()
            except Exception:
                one[:] = saved
