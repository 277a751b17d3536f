"""Makes the tool's assets with a harness whose stress mode "replay" is made up (main.py beside this file)."""
import os
import shutil
import sys

root, assets = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
harness = os.path.join(assets, "harness")
os.makedirs(assets)
for name in ("profiles", "reports"):
    os.symlink(os.path.join(root, name), os.path.join(assets, name))
shutil.copytree(os.path.join(root, "src", "harness"), harness)
os.chmod(harness, 0o755)  # the source tree may be read-only
os.rename(os.path.join(harness, "main.py"), os.path.join(harness, "real_main.py"))
shutil.copy(os.path.join(here, "main.py"), harness)
if not os.path.exists(os.path.join(harness, "mode_replay.py")):
    with open(os.path.join(harness, "mode_replay.py"), "w", encoding="utf-8"):
        pass
