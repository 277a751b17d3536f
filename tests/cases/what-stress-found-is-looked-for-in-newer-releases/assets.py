"""Makes the tool's assets with a harness whose stress mode "replay" is made up (main.py beside this file): it
finds its defect in versions of the package below the one, and comes to its unit in those below the other."""
import os
import shutil
import sys

root, assets, shown_below, reached_below = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
harness = os.path.join(assets, "harness")
os.makedirs(assets)
for name in ("profiles", "reports"):
    os.symlink(os.path.join(root, name), os.path.join(assets, name))
shutil.copytree(os.path.join(root, "src", "harness"), harness)
os.chmod(harness, 0o755)  # the source tree may be read-only
os.rename(os.path.join(harness, "main.py"), os.path.join(harness, "real_main.py"))
shutil.copy(os.path.join(here, "main.py"), harness)
with open(os.path.join(harness, "versions.txt"), "w", encoding="utf-8") as f:
    f.write(f"{shown_below} {reached_below}")
