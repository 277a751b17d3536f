"""Memory of this process in bytes, from /proc (the high-water mark of getrusage is inherited)."""
import os

_open, _read, _close = os.open, os.read, os.close
_PAGE = os.sysconf("SC_PAGE_SIZE")


def _file(path):
    fd = _open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _read(fd, 8192).decode("ascii", "replace")
    finally:
        _close(fd)


def rss():
    """Resident bytes now; 0 when not known."""
    try:
        return int(_file("/proc/self/statm").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def peak_rss():
    """The largest resident size so far in bytes; 0 when not known."""
    try:
        for line in _file("/proc/self/status").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return 0
