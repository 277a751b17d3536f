"""The event writer: bounds, escaping, closed descriptors, forks."""
import fcntl
import json
import os
import unittest

from support import part

events = part("events")


class Channel(unittest.TestCase):
    def setUp(self):
        self.read_fd, write_fd = os.pipe()
        fcntl.fcntl(write_fd, fcntl.F_SETPIPE_SZ, 1 << 20)  # nobody reads until the end of a test
        self.addCleanup(os.close, self.read_fd)
        self.writer = events.Writer(write_fd, "t" * 32)
        self.addCleanup(self.close_all)
        os.set_blocking(self.read_fd, False)

    def close_all(self):
        for fd in self.writer._fds:
            try:
                os.close(fd)
            except OSError:
                pass

    def lines(self):
        try:
            return os.read(self.read_fd, 1 << 20).split(b"\n")[:-1]
        except BlockingIOError:
            return []

    def test_events_are_numbered_and_carry_the_token(self):
        self.writer.send("start", id="a")
        self.writer.send("gil", module=None, test=True)
        self.assertEqual([json.loads(line) for line in self.lines()],
                         [{"k": "t" * 32, "n": 1, "e": "start", "id": "a"},
                          {"k": "t" * 32, "n": 2, "e": "gil", "module": None, "test": True}])

    def test_the_channel_is_high_and_not_inherited(self):
        self.assertTrue(all(fd >= 200 for fd in self.writer._fds))
        self.assertFalse(any(os.get_inheritable(fd) for fd in self.writer._fds))

    def test_a_closed_channel_goes_on_with_the_spare(self):
        os.close(self.writer._fds[0])
        self.assertTrue(self.writer.send("start", id="a"))
        self.assertEqual(json.loads(self.lines()[0])["n"], 1)

    def test_a_file_opened_in_its_place_is_not_written_to(self):
        fd = self.writer._fds[0]
        other = os.open(os.devnull, os.O_RDWR)
        os.dup2(other, fd)
        os.close(other)
        self.assertTrue(self.writer.send("start", id="a"))
        os.close(fd)
        self.assertEqual(len(self.lines()), 1)

    def test_nothing_is_raised_when_the_channel_is_gone(self):
        for fd in list(self.writer._fds):
            os.close(fd)
        self.assertFalse(self.writer.send("start", id="a"))

    def test_a_forked_child_is_silent(self):
        child = os.fork()
        if child == 0:
            os._exit(1 if self.writer.send("start", id="forged") else 0)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(self.lines(), [])

    def test_a_line_is_bounded_whatever_it_holds(self):
        self.writer.send("result", id=events.clean_id("\U0001f600" * 5000), status="failed",
                         message="\U0001f600" * 10000)
        self.assertLessEqual(len(self.lines()[0]), events.MAX_LINE)

    def test_odd_text_becomes_plain_json(self):
        self.writer.send("result", id=events.clean_id("a\x00\ud800\nb"), message="x\x00\ud800")
        event = json.loads(self.lines()[0])
        self.assertEqual(event["id"], "a\\x00\\ud800\\x0ab")
        self.assertEqual(event["message"], "x\\x00\\ud800")

    def test_ids_come_in_order_in_lines_of_200(self):
        ids = [f"t{n}" for n in range(450)]
        self.writer.send_ids(ids)
        chunks = [json.loads(line)["ids"] for line in self.lines()]
        self.assertEqual([len(chunk) for chunk in chunks], [200, 200, 50])
        self.assertEqual(sum(chunks, []), ids)

    def test_long_ids_share_lines_below_the_limit(self):
        ids = [events.clean_id(f"{n}" + "é" * 1500) for n in range(20)]
        self.writer.send_ids(ids)
        lines = self.lines()
        self.assertTrue(all(len(line) < events.MAX_LINE for line in lines))
        self.assertEqual(sum((json.loads(line)["ids"] for line in lines), []), ids)


class Ids(unittest.TestCase):
    def test_long_ids_stay_different(self):
        first, second = events.clean_id("x" * 5000 + "1"), events.clean_id("x" * 5000 + "2")
        self.assertLessEqual(len(first), events.MAX_ID)
        self.assertNotEqual(first, second)


if __name__ == "__main__":
    unittest.main()
