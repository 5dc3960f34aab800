"""Files made to harm: each is refused with its reason, and nothing of it is used."""

from __future__ import annotations

import json
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lamella import Sequential, layers, saving
from lamella._base.errors import FileProblem, LamellaError, UnknownName


def model() -> Sequential:
    return Sequential([layers.Input((4,)), layers.Dense(3, name="dense")], name="small")


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, bytes]:
    model().save(tmp_path / "good.keras")
    with zipfile.ZipFile(tmp_path / "good.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, members: Any) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def refused(path: Path, reason: str, error: type[LamellaError] = FileProblem) -> None:
    with pytest.raises(error, match=reason):
        saving.load_model(path)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/evil.txt",
        "assets/../../evil.txt",
        "assets//evil.txt",
        "assets\\..\\evil.txt",
        "assets/c:evil",
        "assets/./x",
    ],
)
def test_paths_that_leave(parts: dict[str, bytes], name: str, tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    pack(inside / "x.keras", [*parts.items(), (name, b"evil")])
    refused(inside / "x.keras", "a member with the path")
    assert not list(tmp_path.rglob("*evil*"))


def test_unknown_members(parts: dict[str, bytes], tmp_path: Path) -> None:
    refused(pack(tmp_path / "x.keras", [*parts.items(), ("run.py", b"")]), "unknown member")


def test_a_member_twice(parts: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        pack(tmp_path / "x.keras", [*parts.items(), ("config.json", b"{}")])
    refused(tmp_path / "x.keras", "'config.json' twice")


def test_a_link(parts: dict[str, bytes], tmp_path: Path) -> None:
    link = zipfile.ZipInfo("assets/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(pack(tmp_path / "x.keras", [*parts.items(), (link, b"/etc/passwd")]), "a link")


def test_a_huge_claimed_size(parts: dict[str, bytes], tmp_path: Path) -> None:
    path = pack(tmp_path / "x.keras", parts.items())
    content = bytearray(path.read_bytes())
    entry = content.find(b"PK\x01\x02")
    while content[entry + 46 : entry + 62] != b"model.weights.h5":
        entry = content.find(b"PK\x01\x02", entry + 4)
    struct.pack_into("<I", content, entry + 24, 0xFFFFFFF0)  # the uncompressed size
    path.write_bytes(content)
    refused(path, "claims 4294967280 bytes")


def test_a_member_that_grows_a_thousandfold(parts: dict[str, bytes], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.writestr("assets/zeros", bytes(100 << 20))
    refused(tmp_path / "x.keras", "'assets/zeros', which claims")


def test_an_archive_packed_again_is_read(parts: dict[str, bytes], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert saving.load_model(tmp_path / "x.keras").name == "small"


def test_a_flipped_bit_is_noticed(parts: dict[str, bytes], tmp_path: Path) -> None:
    path = pack(tmp_path / "x.keras", parts.items())
    content = bytearray(path.read_bytes())
    content[content.find(b"\x89HDF") + 3000] ^= 1
    path.write_bytes(content)
    refused(path, "damaged: Bad CRC-32")


def test_a_file_cut_short(parts: dict[str, bytes], tmp_path: Path) -> None:
    path = pack(tmp_path / "x.keras", parts.items())
    path.write_bytes(path.read_bytes()[:-100])
    refused(path, "not a `.keras` archive")


def test_missing_members(parts: dict[str, bytes], tmp_path: Path) -> None:
    for missing in ("config.json", "model.weights.h5"):
        rest = [(name, content) for name, content in parts.items() if name != missing]
        refused(pack(tmp_path / "x.keras", rest), f"has no '{missing}'")


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 100_000])
def test_configs_that_are_none(parts: dict[str, bytes], text: str, tmp_path: Path) -> None:
    parts["config.json"] = text.encode()
    refused(pack(tmp_path / "x.keras", parts.items()), "The config in")


Change = Callable[[dict[str, Any]], None]


def with_config(parts: dict[str, bytes], change: Change, path: Path) -> Path:
    config = json.loads(parts["config.json"])
    change(config)
    return pack(path, {**parts, "config.json": json.dumps(config)}.items())


def test_a_lambda(parts: dict[str, bytes], tmp_path: Path) -> None:
    code = {"class_name": "__lambda__", "config": {"value": "4wAAAA==", "defaults": None}}

    def change(config: dict[str, Any]) -> None:
        config["config"]["layers"][1]["config"]["activation"] = code

    refused(with_config(parts, change, tmp_path / "x.keras"), "byte code")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("keras.src.saving.saving_lib", "load_model"),
        ("subprocess", "Popen"),
    ],
)
def test_unknown_classes(parts: dict[str, bytes], module: str, name: str, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        layer = config["config"]["layers"][1]
        layer.update(module=module, class_name=name, registered_name=name)

    refused(with_config(parts, change, tmp_path / "x.keras"), "not registered", UnknownName)


@pytest.mark.parametrize("name", ["eval", "os.system", "__import__"])
def test_unknown_functions(parts: dict[str, bytes], name: str, tmp_path: Path) -> None:
    node = {"module": "builtins", "class_name": "function", "config": name}

    def change(config: dict[str, Any]) -> None:
        config["config"]["layers"][1]["config"]["activation"] = {
            **node,
            "registered_name": "function",
        }

    refused(with_config(parts, change, tmp_path / "x.keras"), "not registered", UnknownName)


def test_something_else_than_a_model(parts: dict[str, bytes], tmp_path: Path) -> None:
    parts["config.json"] = json.dumps(
        {"class_name": "__bytes__", "config": {"value": "x"}}
    ).encode()
    refused(pack(tmp_path / "x.keras", parts.items()), "holds a bytes, not a model")


KERNEL = "layers/dense/vars/0"


def external_link(file: h5py.File, folder: Path) -> None:
    with h5py.File(folder / "other.h5", "w") as other:
        other["secret"] = np.ones((4, 3), "float32")
    file[KERNEL] = h5py.ExternalLink(str(folder / "other.h5"), "/secret")


def soft_link(file: h5py.File, folder: Path) -> None:
    file["layers/dense/vars/9"] = np.ones((4, 3), "float32")
    file[KERNEL] = h5py.SoftLink("/layers/dense/vars/9")


def linked_group(file: h5py.File, folder: Path) -> None:
    file[KERNEL] = np.ones((4, 3), "float32")
    file["layers/more"] = h5py.ExternalLink("other.h5", "/")


def external_storage(file: h5py.File, folder: Path) -> None:
    (folder / "raw").write_bytes(bytes(48))
    file.create_dataset(KERNEL, (4, 3), "float32", external=[(str(folder / "raw"), 0, 48)])


def virtual_dataset(file: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "secret", (4, 3))
    file.create_virtual_dataset(KERNEL, layout)


def unusual_filter(file: h5py.File, folder: Path) -> None:
    file.create_dataset(KERNEL, data=np.ones((4, 3), "float32"), compression="lzf")


def shape_bomb(file: h5py.File, folder: Path) -> None:
    file.create_dataset(KERNEL, (1 << 20, 1 << 20), "float32", chunks=(64, 64), compression="gzip")


def endless_groups(file: h5py.File, folder: Path) -> None:
    file[KERNEL] = np.ones((4, 3), "float32")
    file["layers/dense/again"] = file["layers"]


def one_array_twice(file: h5py.File, folder: Path) -> None:
    file[KERNEL] = np.ones((4, 3), "float32")
    file["layers/dense/vars/9"] = file[KERNEL]


def texts_of_any_length(file: h5py.File, folder: Path) -> None:
    file.create_dataset(KERNEL, data=["text"] * 12, dtype=h5py.string_dtype())


def a_group_for_an_array(file: h5py.File, folder: Path) -> None:
    file.create_group(KERNEL)


def an_array_for_a_group(file: h5py.File, folder: Path) -> None:
    file[KERNEL] = np.ones((4, 3), "float32")
    file["layers/more"] = np.ones(3)


ATTACKS = {
    external_link: "is a ExternalLink",
    soft_link: "is a SoftLink",
    linked_group: "'layers/more' is a ExternalLink",
    external_storage: "keeps its data in another file",
    virtual_dataset: "virtual dataset",
    unusual_filter: "needs the HDF5 filters",
    shape_bomb: "claims 4398046511104 bytes and holds 0",
    endless_groups: "under two names",
    one_array_twice: "under two names",
    texts_of_any_length: "number type object",
    a_group_for_an_array: "where an array belongs",
    an_array_for_a_group: "where a group belongs",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_weight_files(attack: Callable[[h5py.File, Path], None], tmp_path: Path) -> None:
    victim, path = model(), tmp_path / "x.weights.h5"
    victim.save_weights(path)
    with h5py.File(path, "a") as file:
        del file[KERNEL]
        attack(file, tmp_path)
    before = victim.get_weights()
    with pytest.raises(FileProblem, match=ATTACKS[attack]):
        victim.load_weights(path)
    with pytest.raises(FileProblem, match=ATTACKS[attack]):
        victim.load_weights(path, skip_mismatch=True)
    for one, other in zip(before, victim.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_shape_is_refused_before_it_is_read(tmp_path: Path) -> None:
    victim, path = model(), tmp_path / "x.weights.h5"
    victim.save_weights(path)
    with h5py.File(path, "a") as file:
        del file[KERNEL]
        file.create_dataset(KERNEL, (400, 500), "float32")  # no data: its bytes are not even there
    with pytest.raises(FileProblem, match=r"shape \(400, 500\) in the file"):
        victim.load_weights(path)


def test_no_hdf5_at_all(tmp_path: Path) -> None:
    (tmp_path / "x.weights.h5").write_bytes(b"hello")
    with pytest.raises(FileProblem, match="cannot be read as an HDF5 file"):
        model().load_weights(tmp_path / "x.weights.h5")
