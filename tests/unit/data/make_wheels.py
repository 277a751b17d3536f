"""Write the wheels that test_wheel.c reads; compiles two shared objects with cc.

Usage: make_wheels.py FOLDER
"""

import os
import subprocess
import sys
import zipfile

METADATA = """Metadata-Version: 2.1
Name: My.Pkg
Version: 1.2.3
Requires-Python: >=3.9
Classifier: Programming Language :: Python :: Free Threading :: 2 - Beta
Classifier: Topic :: Software Development
Requires-Dist: numpy>=2; python_version > "3.8"
Requires-Dist: pytest; extra == "test"
Provides-Extra: test
Home-page: https://code.example/my/pkg
Project-URL: Source, https://code.example/my/pkg
Name: second-name-is-ignored

Classifier: this is the description
"""
WHEEL = """Wheel-Version: 1.0
Root-Is-Purelib: false
Tag: cp313-cp313t-linux_x86_64
Tag: cp313-cp313t-manylinux_2_17_x86_64
"""


def compile_module(folder, symbol):
    """A shared object that exports one function; returns its bytes."""
    source = os.path.join(folder, symbol + ".c")
    target = os.path.join(folder, symbol + ".so")
    with open(source, "w", encoding="utf-8") as f:
        f.write(f"void *{symbol}(void) {{ return 0; }}\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", target, source], check=True)
    with open(target, "rb") as f:
        return f.read()


def main():
    """Write native.whl, plain.whl and escape.whl."""
    folder = sys.argv[1]
    extension = compile_module(folder, "PyInit__x")
    other = compile_module(folder, "helper")
    info = "my_pkg-1.2.3.dist-info/"
    files = {
        "my_pkg/__init__.py": "",
        "my_pkg/_x.cpython-313t-x86_64-linux-gnu.so": extension,
        "my_pkg/_y.abi3.so": extension,  # exports PyInit__x, not PyInit__y
        "my_pkg/tests/test_a.py": "",
        "my_pkg/tests/b_test.py": "",
        "my_pkg/testing.py": "",
        "my_pkg.libs/libhelper.so.1": other,
        "my_pkg-1.2.3.data/platlib/top/_x.so": extension,
        "single.py": "",
        "broken.so": b"\x7fELF garbage",
        info + "METADATA": METADATA,
        info + "WHEEL": WHEEL,
        info + "RECORD": "",
    }
    with zipfile.ZipFile(os.path.join(folder, "native.whl"), "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            z.writestr(name, data)
    with zipfile.ZipFile(os.path.join(folder, "plain.whl"), "w") as z:
        z.writestr("a.py", "")
    with zipfile.ZipFile(os.path.join(folder, "escape.whl"), "w") as z:
        z.writestr("../a.py", "")


if __name__ == "__main__":
    main()
