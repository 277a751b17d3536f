"""Write the archives that test_unpack.c reads: good ones, and each kind of attack.

Usage: make_archives.py FOLDER
"""

import bz2
import gzip
import io
import lzma
import os
import struct
import sys
import tarfile
import zipfile

GOOD = {
    "pkg-1.0/pyproject.toml": b"[build-system]\n",
    "pkg-1.0/pkg/__init__.py": b"x = 1\n",
    "pkg-1.0/pkg/\u00fcber.py": b"y = 2\n",
}


def entry(name, data=b"", kind=tarfile.REGTYPE, link="", mode=0o644):
    """One tar member and its data."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.type = kind
    info.linkname = link
    info.mode = mode
    info.mtime = 1_000_000_000
    return info, data


def tar_bytes(entries):
    """An uncompressed tar of the given members, in order, in the pax form."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data) if data else None)
    return out.getvalue()


def write(folder, name, data):
    """Write bytes to FOLDER/NAME."""
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def tgz(folder, name, *entries):
    """Write a .tar.gz of the members."""
    write(folder, name + ".tar.gz", gzip.compress(tar_bytes(entries), 6, mtime=0))


def good(folder):
    """The same tree in every format, and a zip with its own modes."""
    tar = tar_bytes([entry(n, d) for n, d in GOOD.items()])
    write(folder, "good.tar.gz", gzip.compress(tar, mtime=0))
    write(folder, "good.tar.bz2", bz2.compress(tar))
    write(folder, "good.tar.xz", lzma.compress(tar))
    with zipfile.ZipFile(os.path.join(folder, "good.zip"), "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in GOOD.items():
            z.writestr(name, data)
    write(folder, "empty.tar.gz", gzip.compress(b"\0" * 10240, mtime=0))
    write(folder, "twice.tar.gz", gzip.compress(gzip.compress(tar, mtime=0), mtime=0))
    data = gzip.compress(tar_bytes([entry("p/a.bin", os.urandom(50000))]), mtime=0)
    write(folder, "truncated.tar.gz", data[: len(data) // 2])
    write(folder, "garbage.tar.gz", b"<html>not found</html>" * 100)
    with open(os.path.join(folder, "good.zip"), "rb") as f:
        whole = f.read()
    write(folder, "truncated.zip", whole[:-30])
    broken = bytearray(whole)
    broken[broken.index(b"pyproject.toml") + len("pyproject.toml") + 2] ^= 0x55
    write(folder, "checksum.zip", bytes(broken))


def escapes(folder):
    """Names and links that lead out of the folder."""
    tgz(folder, "dotdot", entry("p/ok", b"1"), entry("../../x", b"evil"))
    tgz(folder, "inner-dotdot", entry("p/a/../../../x", b"evil"))
    tgz(folder, "absolute", entry("/x-absolute", b"evil"))
    link = tarfile.SYMTYPE
    tgz(folder, "link-absolute", entry("p/l", kind=link, link="/etc/passwd"))
    tgz(folder, "link-dotdot", entry("p/l", kind=link, link="../../x"))
    tgz(folder, "link-chain", entry("p/a/b/up", kind=link, link="../../.."), entry("z", kind=link, link="p/a/b/up/../x"))
    tgz(folder, "through-link", entry("p/d", kind=link, link="sub"), entry("p/sub/f", b"1"), entry("p/d/f", b"evil"))
    tgz(folder, "over-link", entry("p/f", b"first"), entry("p/l", kind=link, link="f"), entry("p/l", b"second"))
    hard = tarfile.LNKTYPE
    tgz(folder, "hard-dotdot", entry("p/h", kind=hard, link="../../etc/passwd"))
    tgz(folder, "hard-absolute", entry("p/h", kind=hard, link="/etc/passwd"))
    tgz(folder, "hard-to-link", entry("p/a/b/l", kind=link, link="../../x"), entry("h", kind=hard, link="p/a/b/l"))
    tgz(folder, "hard-good", entry("p/f", b"shared"), entry("p/h", kind=hard, link="p/f"))
    tgz(folder, "link-good", entry("p/README", b"1"), entry("p/docs/l", kind=link, link="../README"))
    with zipfile.ZipFile(os.path.join(folder, "dotdot.zip"), "w") as z:
        z.writestr("../x", b"evil")
    with zipfile.ZipFile(os.path.join(folder, "link.zip"), "w") as z:
        info = zipfile.ZipInfo("p/l")
        info.create_system = 3
        info.external_attr = 0o120777 << 16
        z.writestr(info, "/etc/passwd")


def kinds(folder):
    """Modes and special files."""
    tgz(folder, "setuid", entry("p/s", b"1", mode=0o6777), entry("p/r", b"1", mode=0o011), entry("p/x", b"1", mode=0o755))
    tgz(folder, "locked-folder", entry("p/d", kind=tarfile.DIRTYPE, mode=0o000), entry("p/d/f", b"1"))
    tgz(folder, "fifo", entry("p/f", kind=tarfile.FIFOTYPE))
    tgz(folder, "device", entry("p/d", kind=tarfile.CHRTYPE))
    tgz(folder, "duplicate", entry("p/f", b"first"), entry("p/f", b"second"))
    tgz(folder, "two-tops", entry("a/f", b"1"), entry("b/f", b"1"))
    tgz(folder, "flat", entry("f", b"1"))


def large(folder):
    """What expands, nests or counts too much."""
    zeros = b"\0" * (90 << 20)
    with zipfile.ZipFile(os.path.join(folder, "bomb.zip"), "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("p/zeros", zeros)
    tgz(folder, "deep", entry("/".join(["d"] * 40) + "/f", b"1"))
    tgz(folder, "many", *[entry(f"p/{i}", b"1") for i in range(300)])
    tgz(folder, "long-name", entry("p/" + "n" * 300, b"1"))


def encrypted(folder):
    """A zip whose entry has the encryption bit set."""
    path = os.path.join(folder, "encrypted.zip")
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("p/f", b"1234567890abcdef")
    with open(path, "rb") as f:
        data = bytearray(f.read())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(magic) + offset
        flags = struct.unpack_from("<H", data, at)[0]
        struct.pack_into("<H", data, at, flags | 1)
    write(folder, "encrypted.zip", bytes(data))


def main():
    """Write all archives into the folder named on the command line."""
    folder = sys.argv[1]
    for make in (good, escapes, kinds, large, encrypted):
        make(folder)


if __name__ == "__main__":
    main()
