"""RemoteMonitor: the logs of each epoch to a server."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import numpy as np

from lamella._base import InvalidArgument, register, warn_person
from lamella.callbacks.base import Callback

_SECONDS = 10.0


@register("callback", module="keras.callbacks")
@dataclass(eq=False, repr=False)
class RemoteMonitor(Callback):
    """Sends the losses and metrics of each epoch to a server by HTTP POST.

    A server that does not answer is told of once; training goes on.

    Args:
        root: the server, "http://..." or "https://...".
        path: where on it.
        field: the form's field that holds the JSON text.
        headers: more headers.
        send_as_json: whether to send JSON itself instead of a form.

    Raises: InvalidArgument, if root is no address of that kind.

    Example:
        >>> RemoteMonitor("http://localhost:9000").path
        '/publish/epoch/end/'
    """

    writes_files = True

    root: str = "http://localhost:9000"
    path: str = "/publish/epoch/end/"
    field: str = "data"
    headers: dict[str, str] | None = None
    send_as_json: bool = False

    def __post_init__(self) -> None:
        if not str(self.root).startswith(("http://", "https://")):
            raise InvalidArgument(
                f"Argument `root` of RemoteMonitor must start with http:// or https://. "
                f"Received: {self.root!r}.",
                help='Pass for example "http://localhost:9000".',
            )
        self._told = False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = {name: np.asarray(value).tolist() for name, value in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **values})
        kind = "application/json"
        if not self.send_as_json:
            text = urllib.parse.urlencode({self.field: text})
            kind = "application/x-www-form-urlencoded"
        request = urllib.request.Request(
            self.root + self.path, text.encode(), {"Content-Type": kind, **(self.headers or {})}
        )
        try:
            urllib.request.urlopen(request, timeout=_SECONDS).close()
        except (OSError, HTTPException) as cause:
            if not self._told:
                warn_person(f"RemoteMonitor cannot reach {self.root}: {cause}. Training goes on.")
            self._told = True
