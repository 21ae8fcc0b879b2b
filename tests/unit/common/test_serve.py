"""One process that serves: how it begins, ends, and what becomes of it when it hangs."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from cli.waiting import wait_for

ROOT = Path(__file__).parents[3]
APP = '''
import threading, time
background, closing = [], []

class App:
    background = [lambda: print("background began", flush=True)]
    closing = [lambda: print("closing", flush=True)]

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            print("slow began", flush=True)
            time.sleep(1)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"served"]

app = App()
'''


class Served:
    def __init__(self, folder: Path, app: str, *options: str):
        (folder / "served.py").write_text(app)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.output = folder / "output"
        command = [sys.executable, "-m", "common.service.serve", "--bind", self.url.removeprefix("http://"),
                   "--worker-tmp-dir", str(folder), *options, "served:app"]
        self.process = subprocess.Popen(command, cwd=folder, stdout=self.output.open("wb"), stderr=subprocess.STDOUT,
                                        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"})

    def says(self, text: str) -> bool:
        return text in self.output.read_text()

    def answers(self) -> bool:
        try:
            return requests.get(self.url, timeout=5).text == "served"
        except requests.ConnectionError:
            assert self.process.poll() is None, self.output.read_text()
            return False


@pytest.fixture
def serve(tmp_path):
    made = []

    def start(app: str = APP, *options: str) -> Served:
        made.append(Served(tmp_path, app, *options))
        return made[-1]
    yield start
    for served in made:
        served.process.kill()
        served.process.wait()


def test_it_serves_from_one_process_and_a_request_under_way_is_finished_at_the_end(serve):
    served = serve()
    wait_for(served.answers, "the first answer", 30)
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text()
    assert children == "" and served.says("background began")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(requests.get(f"{served.url}/slow", timeout=10).text))
    asking.start()
    wait_for(lambda: served.says("slow began"), "the request to be under way", 10)
    served.process.send_signal(signal.SIGTERM)
    asking.join()
    assert answers == ["served"]
    assert served.process.wait(20) == 0 and served.says("closing")


@pytest.mark.parametrize("app, code, said", [
    ("raise SystemExit(3)", 3, ""),
    ("raise RuntimeError('the app is broken')", 3, "the app is broken"),
    ("other = 1", 4, "app"),
], ids=["a setting is missing", "broken", "no such app"])
def test_an_app_that_cannot_be_loaded_ends_the_process_and_says_why(serve, app, code, said):
    served = serve(app)
    assert served.process.wait(30) == code
    assert served.says(said)


def test_one_that_hangs_ends_and_tells_where(serve):
    hanging = APP.replace('print("background began", flush=True)', "hang()").replace(
        "class App", "def hang():\n    threading.Event().wait()\n\nclass App")
    served = serve(hanging, "--timeout", "1")
    assert served.process.wait(30) == 1
    assert served.says("in hang")
