"""Callbacks that talk to servers and to other packages."""

from __future__ import annotations

import json
import sys
import threading
import types
import urllib.parse
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamella
from lamella import callbacks, layers
from lamella._base.errors import InvalidArgument, MissingPackage


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.server.heard.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
            self.send_response(self.server.answer)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    made = HTTPServer(("127.0.0.1", 0), Handler)
    made.heard, made.answer = [], 200  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def address(server: HTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_logs_reach_a_server_as_a_form_or_as_json(server: Any) -> None:
    logs = {"loss": np.float32(0.5), "each": np.array([1, 2]), "mae": 0.25}
    wanted = {"epoch": 3, "loss": 0.5, "each": [1, 2], "mae": 0.25}
    callbacks.RemoteMonitor(address(server), field="sent").on_epoch_end(3, logs)
    callbacks.RemoteMonitor(
        address(server), path="/here", send_as_json=True, headers={"X-Key": "a"}
    ).on_epoch_end(3, logs)
    (path, headers, body), (other_path, other_headers, other_body) = server.heard
    assert (path, other_path) == ("/publish/epoch/end/", "/here")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(urllib.parse.parse_qs(body)["sent"][0]) == wanted
    assert (other_headers["Content-Type"], other_headers["X-Key"]) == ("application/json", "a")
    assert json.loads(other_body) == wanted


def test_a_server_that_does_not_answer_is_told_of_once(server: Any) -> None:
    server.answer = 503
    for root in (address(server), "http://127.0.0.1:1"):
        monitor = callbacks.RemoteMonitor(root)
        with pytest.warns(UserWarning, match="cannot reach"):
            monitor.on_epoch_end(0, {"loss": 0.5})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            monitor.on_epoch_end(1, {"loss": 0.5})


def test_only_web_addresses_are_asked() -> None:
    with pytest.raises(InvalidArgument, match="http"):
        callbacks.RemoteMonitor("file:///etc/passwd")


class Checkpointer:
    """Stands in for Orbax's: notes what it is given."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.saved: list[Any] = []
        self.closed = False

    def save_checkpointables(self, step: int, parts: Any, overwrite: bool = False) -> None:
        self.saved.append(("waiting", step, parts))

    def save_checkpointables_async(self, step: int, parts: Any, overwrite: bool = False) -> Any:
        self.saved.append(("background", step, parts))
        return types.SimpleNamespace(result=lambda: self.saved.append("done"))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Checkpointer]:
    found: list[Checkpointer] = []

    def make(**options: Any) -> Checkpointer:
        found.append(Checkpointer(**options))
        return found[-1]

    training = types.SimpleNamespace(
        Checkpointer=make,
        preservation_policies=types.SimpleNamespace(LatestN=lambda n: ("latest", n)),
        save_decision_policies=types.SimpleNamespace(FixedIntervalPolicy=lambda n: ("every", n)),
    )
    package = types.ModuleType("orbax.checkpoint")
    package.v1 = types.SimpleNamespace(training=training)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "orbax", types.ModuleType("orbax"))
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", package)
    return found


def fitted(callback: Any) -> Any:
    model = lamella.Sequential(
        [layers.Input((2,)), layers.Dense(1, name="head"), layers.BatchNormalization(name="norm")],
        name="net",
    )
    model.compile("adam", "mse")
    model.fit(np.ones((6, 2)), np.ones(6), batch_size=2, epochs=2, callbacks=[callback], verbose=0)
    return model


def test_orbax_gets_the_whole_state_after_each_epoch(made: Any, tmp_path: Path) -> None:
    model = fitted(callbacks.OrbaxCheckpoint(tmp_path, max_to_keep=3))
    (checkpointer,) = made
    assert checkpointer.closed
    assert checkpointer.options["directory"] == str(tmp_path)
    assert checkpointer.options["preservation_policy"] == ("latest", 3)
    assert [item[:2] for item in checkpointer.saved[:2]] == [("background", 0), ("background", 1)]
    assert checkpointer.saved[2:] == ["done", "done"]
    parts = checkpointer.saved[1][2]
    assert json.loads(parts["model_config"]["config"])["class_name"] == "Sequential"
    tree = parts["pytree"]
    assert sorted(tree["non_trainable_variables"]["net"]["norm"]) == [
        "moving_mean",
        "moving_variance",
    ]
    np.testing.assert_array_equal(
        tree["trainable_variables"]["net"]["head"]["kernel"], model.get_weights()[0]
    )
    assert int(next(iter(tree["optimizer_variables"].values()))["iteration"]) == 6
    assert sorted(tree["metrics_variables"]["loss"]) == ["count", "total"]


def test_orbax_counts_batches_over_epochs(made: Any, tmp_path: Path) -> None:
    fitted(
        callbacks.OrbaxCheckpoint(
            tmp_path, save_freq=2, save_weights_only=True, save_on_background=False
        )
    )
    assert [item[:2] for item in made[0].saved] == [("waiting", 2), ("waiting", 4), ("waiting", 6)]
    parts = made[0].saved[0][2]
    assert sorted(parts) == ["pytree"]
    assert sorted(parts["pytree"]) == ["non_trainable_variables", "trainable_variables"]


def test_orbax_saves_better_models_only_if_told_so(made: Any, tmp_path: Path) -> None:
    saver = callbacks.OrbaxCheckpoint(tmp_path, save_best_only=True, monitor="loss")
    told = callbacks.CallbackList([saver], model=fitted(callbacks.History()))
    told.on_train_begin()
    for epoch, loss in enumerate([0.5, 0.7, 0.3]):
        told.on_epoch_end(epoch, {"loss": loss})
    assert [item[1] for item in made[0].saved] == [0, 2]
    told.on_train_end()


def test_without_orbax_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orbax", None)
    with pytest.raises(MissingPackage, match="pip install"):
        callbacks.OrbaxCheckpoint("runs")
