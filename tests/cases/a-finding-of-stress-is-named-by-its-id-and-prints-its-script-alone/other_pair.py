"""other_pair.py STORE FIELD: the newest survey's free-threaded interpreter is another one now (FIELD id), or gone (FIELD executable)."""
import json
import sqlite3
import sys


def main():
    store, field = sys.argv[1:]
    db = sqlite3.connect(f"{store}/store.db")
    seq, text = db.execute("SELECT seq, document FROM survey ORDER BY seq DESC").fetchone()
    document = json.loads(text)
    document["pair"]["ft"][field] = "/nowhere"
    db.execute("UPDATE survey SET document = ? WHERE seq = ?", (json.dumps(document), seq))
    db.commit()


main()
