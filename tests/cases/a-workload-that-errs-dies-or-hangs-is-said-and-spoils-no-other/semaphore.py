"""Never ends."""
import threading

SIZE = 1
prepare = int


def serial(size):
    threading.Event().wait()
