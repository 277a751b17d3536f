"""The stress cells that the events name, in order, are those of the command line; and no two steps ran at once among them."""
import json
import sys

file, *expected = sys.argv[1:]
running, began = set(), []
for line in open(file, encoding="utf-8"):
    event = json.loads(line)
    if event["event"] == "step-start":
        if "stress:" in event["topic"]:
            began.append(event["topic"])
        running.add((event["step"], event["topic"]))
    elif event["event"] == "step-end":
        running = {one for one in running if one[0] != event["step"]}
    if len(running) > 1 and any("stress:" in topic for _, topic in running):
        sys.exit("at once: %s" % sorted(running))
if began != expected:
    sys.exit("ran %s, expected %s" % (began, expected))
