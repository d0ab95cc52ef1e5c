"""Accounts of Keras' own files, against what Keras wrote and against what attackers claim."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.account import Account
from weigh.errors import FormatError, UnsafeFileError
from weigh.formats import archive as archive_module
from weigh.formats import detect, hdf5_names, keras_file, keras_h5
from weigh.formats.hdf5 import Hdf5File
from weigh.formats.source import Limits, Source

FIXTURES = Path(__file__).parent.parent / "fixtures"
HDF5 = sorted(FIXTURES.glob("keras*/h5/*.h5"))
KERAS = sorted(FIXTURES.glob("keras2/keras/*.keras"))


def source(path, limits=None):
    return Source(io.BytesIO(Path(path).read_bytes()), "file.h5", limits)


def read(path, limits=None) -> Account:
    return keras_h5.read(source(path, limits))


def written(path, fill):
    with h5py.File(path, "w") as file:
        fill(file)
    return path


# Against files of Keras ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", HDF5, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_weights_of_keras_1_and_2_are_told_in_the_order_of_the_network(path):
    account = read(path)
    with h5py.File(path) as file:
        root = file.get("model_weights", file)
        expected = [
            (root[layer][weight].name[1:], root[layer][weight].shape, str(root[layer][weight].dtype))
            for layer in map(as_text, root.attrs["layer_names"])
            for weight in map(as_text, root[layer].attrs["weight_names"])
        ]
        slots = file.get("optimizer_weights")
        listed = [as_text(name) for name in slots.attrs["weight_names"]] if slots else []
        said = file.attrs.get("model_config")
    assert [(row.path, row.shape, row.dtype) for row in account] == expected
    assert [row.path for row in account.beside] == [f"optimizer_weights/{name}" for name in listed]
    assert {row.kind for row in account.beside} <= {roles.SLOT}
    assert account.config.get("model_config") == (json.loads(said) if said is not None else None)
    assert account.receipt.refused == account.receipt.notes == []


def as_text(value):
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("path", KERAS, ids=lambda path: path.stem)
def test_every_array_of_a_keras_file_is_told(path):
    account = detect.read(path)
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        expected = {}
        file.visititems(lambda name, it: expected.update({name: it.shape} if isinstance(it, h5py.Dataset) else {}))
        assert account.config["model_config"] == json.loads(archive.read("config.json"))
    assert {row.path: row.shape for row in (*account.rows, *account.beside)} == expected
    assert not any(row.path.startswith(("optimizer", "metrics")) for row in account)


def test_what_the_configuration_declares_is_told_and_nothing_else():
    rows = {row.path: row for row in read(FIXTURES / "keras1/h5/nested_model.h5")}
    mean = rows["model_weights/model_1/batchnormalization_1_running_mean"]
    assert (mean.layer, mean.layer_type, mean.role) == (
        "model_1/batchnormalization_1",
        "BatchNormalization",
        roles.RUNNING_MEAN,
    )
    assert (mean.kind, mean.trainable, mean.evidence) == (roles.STATISTIC, False, "declared")
    assert rows["model_weights/model_1/batchnormalization_1_gamma"].trainable is True
    kernel = rows["model_weights/model_1/dense_1_W"]
    assert (kernel.trainable, kernel.evidence, kernel.layer) == (None, "", "model_1/dense_1")
    assert rows["model_weights/dense_1/dense_1_W"].layer == "dense_1"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network of Keras 3 with all that its files can hold: frozen and nested layers, slots, a bfloat16 weight."""
    import keras

    x = keras.Input((4,))
    frozen = keras.layers.BatchNormalization(name="bn", scale=False)
    frozen.trainable = False
    hidden = frozen(keras.layers.Dense(3, name="first")(x))
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)], name="inner")
    model = keras.Model(x, inner(keras.layers.Dropout(0.5)(hidden)))
    model.compile("adam", "mse")
    model.train_on_batch(np.zeros((2, 4)), np.zeros((2, 1)))
    folder = tmp_path_factory.mktemp("keras3")
    model.save(folder / "model.keras")
    model.save_weights(folder / "model.weights.h5")
    return folder, model


def test_numbered_variables_of_keras_3_get_what_the_configuration_declares(trained):
    folder, model = trained
    account = detect.read(folder / "model.keras")
    assert (account.format, account.config["keras_version"]) == ("keras", __import__("keras").__version__)
    assert [row.shape for row in account] == [tuple(weight.shape) for weight in model.weights]
    statistics = [row for row in account if row.kind == roles.STATISTIC]
    assert [(row.path, row.role) for row in statistics] == [
        ("layers/batch_normalization/vars/1", roles.RUNNING_MEAN),
        ("layers/batch_normalization/vars/2", roles.RUNNING_VARIANCE),
    ]
    assert account["layers/batch_normalization/vars/0"].kind == roles.FROZEN
    assert [row.layer for row in account][-4:] == ["inner/dense", "inner/dense", "inner/dense_1", "inner/dense_1"]
    assert len(account.beside) == len(model.optimizer.variables)
    assert {row.layer for row in account.beside} == {"optimizer"}


def test_a_weights_file_alone_says_nothing_of_training(trained):
    account = detect.read(trained[0] / "model.weights.h5")
    assert {row.trainable for row in account} == {None}
    assert account.total == trained[1].count_params()


def test_random_states_stand_beside_and_other_number_formats_are_named(tmp_path):
    def fill(file):
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, "uint32")
        file["layers/dense/vars/10"] = file["layers/dense/vars/2"] = np.zeros(2, bool)
        dense = file.create_dataset("layers/dense/vars/1", data=np.zeros(3, "V2"))
        dense.attrs["dtype"] = "bfloat16"
        file["layers/dense/vars/0"] = np.zeros(3, "V5")
        file["layers/dense/vars/3"] = "text"
        file["layers/dense/vars/4"] = h5py.Empty("f")

    account = read(written(tmp_path / "file.h5", fill))
    assert [row.kind for row in account.beside] == [roles.RANDOM_STATE]
    assert [(row.name, row.dtype) for row in account] == [
        ("0", "void40"),
        ("1", "bfloat16"),
        ("2", "bool"),
        ("10", "bool"),
    ]
    assert len(account.receipt.notes) == 2


def test_a_list_of_names_goes_on_in_numbered_attributes(tmp_path):
    def fill(file):
        for part in range(3):
            names = [f"layer_{part}_{number:0200d}" for number in range(300)]
            file.attrs[f"layer_names{part}"] = np.array(names, "S")
            group = file.create_group(names[7])
            group.attrs["weight_names0"] = np.array([f"{names[7]}/kernel:0"], "S")
            group[f"{names[7]}/kernel:0"] = np.zeros((2, 3), "float32")

    account = read(written(tmp_path / "file.h5", fill))
    assert [row.layer[:8] for row in account] == ["layer_0_", "layer_1_", "layer_2_"]
    assert {row.name for row in account} == {"kernel"}


def test_a_dataset_under_two_names_is_counted_once(tmp_path):
    def fill(file):
        file["a/vars/0"] = np.zeros(3)
        file["b/vars/0"] = file["a/vars/0"]

    account = read(written(tmp_path / "file.h5", fill))
    assert (account.total, account.aliases) == (3, {"b/vars/0": "a/vars/0"})


def test_an_hdf5_file_of_nobody_is_told_too(tmp_path):
    account = read(written(tmp_path / "file.h5", lambda file: file.update({"some/thing": np.zeros((2, 3))})))
    assert (account.format, account.total, account.rows[0].layer) == ("hdf5", 6, "some")


def test_no_tensor_is_read(tmp_path):
    big = 1 << 22

    def fill(file):
        file["layers/dense/vars/0"] = np.zeros(big, "uint8")
        file["layers/dense_1/vars/0"] = np.zeros(big, "uint8")

    path = written(tmp_path / "file.weights.h5", fill)
    assert read(path).receipt.bytes_read < 1 << 15
    with zipfile.ZipFile(tmp_path / "file.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.write(path, "model.weights.h5")
    account = detect.read(tmp_path / "file.keras")
    assert account.total == 2 * big
    assert account.receipt.bytes_read < 1 << 16


def test_the_readers_are_found_without_h5py():
    code = "import sys; from weigh.formats import keras_h5, keras_file, detect; assert 'h5py' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# Against claims ------------------------------------------------------------------------------------------------------


def external(file):  # CVE-2026-1669: Keras read any file of the host
    file.create_dataset("layers/a/vars/0", (8,), "uint8", external=[("/etc/hostname", 0, 8)])


def external_link(file):  # CVE-2026-1669
    file["layers/a/vars/0"] = h5py.ExternalLink("/etc/other.h5", "/x")


def soft_link(file):  # tf-keras pull request 921
    file["layers/a/vars/0"] = h5py.SoftLink("/layers/b/vars/0")


def virtual(file):  # keras pull request 22976
    layout = h5py.VirtualLayout((4,), "f")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (4,))
    file.create_virtual_dataset("layers/a/vars/0", layout)


def shape_bomb(file):  # CVE-2026-0897: a shape of terabytes in a file of bytes
    file.create_dataset("layers/a/vars/0", (1 << 20, 1 << 20, 1 << 10), "float64", chunks=(1, 1, 1 << 10))


def unwritten(file):
    file.create_dataset("layers/a/vars/0", (1 << 40,), "float64")


def loop_of_links(file):
    file["layers/a/again"] = file["layers"]


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (external, "keeps its data in other files"),
        (external_link, "is a link into another file"),
        (soft_link, "is a soft link"),
        (virtual, "is virtual"),
        (shape_bomb, "claims 9,007,199,254,740,992 bytes"),
        (unwritten, "claims 8,796,093,022,208 bytes"),
        (loop_of_links, "leads to a group that was entered already"),
    ],
)
def test_what_leads_out_or_is_only_claimed_is_told_and_not_counted(tmp_path, fill, words):
    def both(file):
        file["layers/b/vars/0"] = np.zeros(3, "float32")
        file.create_group("layers/a")
        fill(file)

    account = read(written(tmp_path / "file.h5", both))
    assert account.total == 3
    (refused,) = account.receipt.refused
    assert words in refused


def test_how_tightly_data_may_be_packed_is_a_limit(tmp_path):
    def fill(file):
        file.create_dataset("layers/a/vars/0", data=np.zeros(1 << 16), compression="gzip")

    path = written(tmp_path / "file.h5", fill)
    assert read(path).total == 1 << 16
    assert "claims 524,288 bytes" in read(path, Limits(packed=50)).receipt.refused[0]


def test_soft_links_in_a_circle_end(tmp_path):
    def fill(file):
        file["a"], file["b"] = h5py.SoftLink("/b"), h5py.SoftLink("/a")

    assert len(read(written(tmp_path / "file.h5", fill)).receipt.refused) == 2


@pytest.mark.parametrize(("limit", "most"), [("depth", 50), ("entries", 50), ("text", 500)])
def test_nesting_count_and_names_are_bounded(tmp_path, limit, most):
    path = written(tmp_path / "file.h5", lambda file: file.create_group("/".join(["g"] * 60)))
    with pytest.raises(FormatError, match=f"the limit `{limit}`"):
        read(path, Limits(**{limit: most}))
    assert read(path).rows == []


def test_groups_nested_beyond_any_stack_are_bounded(tmp_path):
    def fill(file):
        group = file
        for _ in range(3000):
            group = group.create_group("g")

    with pytest.raises(FormatError, match="the limit `depth`"):
        read(written(tmp_path / "file.h5", fill))


def amplified(path):
    """A list of 3,000 names that are one name of 300,000 bytes: 900 million from a file of 0.4 million."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array(["a" * 300_000] + ["b"] * 3000, object)
    data = bytearray(path.read_bytes())
    first = data.index(b"a" * 300_000)  # the heap's object: number, users, four bytes, length, content
    number = data[first - 16 : first - 14]
    listed = data.index((300_000).to_bytes(4, "little"))
    place = data[listed : listed + 16]
    assert place[12:14] == number
    for at in range(listed + 16, listed + 16 * 3001, 16):
        data[at : at + 16] = place
    path.write_bytes(data)
    return path


def test_a_list_of_one_name_over_and_over_is_added_up_before_it_is_read(tmp_path):
    path = amplified(tmp_path / "file.h5")
    with pytest.raises(FormatError, match="claims 900,300,000 bytes"):
        read(path)
    with path.open("rb") as file:
        hdf5 = Hdf5File(file, "file.h5")
        with pytest.raises(FormatError, match="claims 900,300,000 bytes"):
            hdf5.strings("", "layer_names")
        hdf5.close()


@pytest.mark.parametrize(("libver", "number"), [("earliest", 3), ("earliest", 4000), ("latest", 3)])
def test_lengths_of_names_are_found_in_headers_of_both_kinds(tmp_path, libver, number):
    names = [f"name {index}" for index in range(number)]
    with h5py.File(tmp_path / "file.h5", "w", libver=libver) as file:
        file.attrs["another"] = 1
        file.attrs["names"] = names
    data = (tmp_path / "file.h5").read_bytes()
    with h5py.File(tmp_path / "file.h5") as file:
        length = sum(map(len, names))
        for limit in (length, length - 1):
            known = hdf5_names.Names(lambda offset, count: data[offset : offset + count], len(data), limit)
            if limit == length:
                assert known.texts(file.id, "names", "file") == names
            else:
                with pytest.raises(FormatError, match=f"claims {length:,} bytes"):
                    known.texts(file.id, "names", "file")


def test_names_outside_of_the_header_are_refused(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w", libver="latest") as file:
        file.attrs["layer_names"] = ["name"] * 5000
    with pytest.raises(FormatError, match="does not stand in the header"):
        read(tmp_path / "file.h5")


def test_heaps_that_have_the_library_loop_or_fall_are_read_without_it(tmp_path):
    path = written(
        tmp_path / "file.h5", lambda file: file.attrs.update({"layer_names": ["first", "b"], "backend": "jax"})
    )
    whole = path.read_bytes()
    heap, first = whole.index(b"GCOL"), whole.index(b"first") - 16
    for place, changed, words in (
        (first, bytes(16), "a text of . bytes where a heap has 0"),  # number 0 is free space, of no bytes
        (first + 8, (3).to_bytes(8, "little"), "a text of 5 bytes where a heap has 3"),
        (first + 8, (1 << 40).to_bytes(8, "little"), "a heap at .* that is damaged"),
        (heap, b"GCAL", "a heap at .* that is damaged"),
        (heap + 8, (1 << 40).to_bytes(8, "little"), "a heap at .* that is damaged"),
    ):
        data = bytearray(whole)
        data[place : place + len(changed)] = changed
        with pytest.raises(FormatError, match=words):
            keras_h5.read(Source(io.BytesIO(data), "file.h5"))


def archive_of(config, path, weights=None):
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["layers/dense/vars/0"] = np.zeros(3, "float32")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("model.weights.h5", stream.getvalue() if weights is None else weights)
    return path


def layer(**record):
    return {"class_name": "Functional", "config": {"layers": [record]}}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        # CVE-2024-3660: a Lambda layer with marshalled code; CVE-2025-9905 is the same in a .h5 file
        (layer(class_name="Lambda", config={"name": "l", "function": ["4wEAAAA=", None, None]}), "'l' carries code"),
        (layer(class_name="Lambda", config={"function": {"class_name": "__lambda__"}}), "__lambda__ '' ca"),
        # CVE-2025-1550: a function of any module
        (layer(module="builtins", class_name="function", config="os.system", registered_name="x"), "'os.system' was"),
        (layer(module="os", class_name="function", config="system"), "'os.system' was named and not imported"),
        # CVE-2025-8747: a function of Keras itself that writes files
        (layer(module="keras.utils", class_name="function", config="get_file"), "'keras.utils.get_file' was named"),
        # CVE-2025-9906: a function of Keras that turns safety off
        (
            layer(module="keras.config", class_name="function", config="enable_unsafe_deserialization"),
            "enable_unsafe_deserialization' was named",
        ),
        (layer(module="mine.layers", class_name="Mine", config={}), "'mine.layers.Mine' was named and not imported"),
    ],
)  # fmt: skip
def test_code_and_names_in_a_configuration_are_text(tmp_path, config, words):
    (refused,) = detect.read(archive_of(config, tmp_path / "file.keras")).receipt.refused
    assert words in refused
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    (refused,) = read(tmp_path / "file.h5").receipt.refused
    assert words in refused


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"config": ' * 300 + "1" + "}" * 300, "the limit `depth`"),
        ('{"a": 1, "a": 2}', "names 'a' twice"),
        ("no JSON", "is not JSON"),
    ],
)
def test_a_configuration_that_is_none_is_refused(tmp_path, config, words):
    with pytest.raises(FormatError, match=words):
        detect.read(archive_of(config, tmp_path / "file.keras"))


@pytest.mark.parametrize(
    "config",
    [[], 1, None, {}, {"config": {"layers": [1, {}, {"config": 2}, {"class_name": 3, "config": {"name": 4}}]}}],
)
def test_a_configuration_of_another_form_says_nothing(tmp_path, config):
    assert detect.read(archive_of(config, tmp_path / "file.keras")).total == 3


def test_an_archive_whose_weights_unpack_to_anything_is_refused(tmp_path, monkeypatch):
    # keras pull requests 23010 and 23016
    monkeypatch.setattr(archive_module, "FLOOR", 1 << 16)
    with zipfile.ZipFile(tmp_path / "file.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        with archive.open("model.weights.h5", "w") as member:
            member.write(bytes(1 << 20))
    with pytest.raises(UnsafeFileError, match="decompression bomb"):
        detect.read(tmp_path / "file.keras")


def test_an_archive_that_overlaps_or_lies_about_its_directory_is_refused(tmp_path):
    data = bytearray(archive_of({}, tmp_path / "file.keras").read_bytes())
    second = data.rindex(b"PK\1\2")
    overlapping = bytearray(data)  # CVE-2024-0450
    overlapping[second + 42 : second + 46] = bytes(4)
    end = data.rindex(b"PK\5\6")
    lying = data[:end] + b"PK\6\6" + bytes(52) + b"PK\6\7" + bytes(4) + (10**6).to_bytes(8, "little") + bytes(4)
    lying += data[end:]  # CVE-2025-8291: the place of the ZIP64 record is not where it is said to be
    for broken in (overlapping, lying):
        with pytest.raises(FormatError):
            keras_file.read(Source(io.BytesIO(broken), "file.keras"))


def test_what_stands_beside_the_weights_is_named_and_not_read(tmp_path):
    path = archive_of({}, tmp_path / "file.keras")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/words.txt", "words")
    assert "1 files beside the weights were not read: 'assets/words.txt'" in detect.read(path).receipt.notes[0]
    with zipfile.ZipFile(tmp_path / "empty.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(FormatError, match=r"no 'model\.weights\.h5'"):
        detect.read(tmp_path / "empty.keras")
    with pytest.raises(FormatError, match="not an HDF5 file"):
        detect.read(archive_of({}, tmp_path / "text.keras", "text"))


def test_names_with_control_characters_are_kept(tmp_path):
    def fill(file):
        file["a\x1b[2J/vars/0"] = np.zeros(3)
        h5py.h5d.create(file.id, b"\xff\xfe", h5py.h5t.IEEE_F32LE, h5py.h5s.create(h5py.h5s.SCALAR)).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.zeros((), "f")
        )

    account = read(written(tmp_path / "file.h5", fill))
    assert [row.path for row in account] == ["\\xff\\xfe", "a\x1b[2J/vars/0"]


SMALL = (FIXTURES / "keras2/h5/sequential_input_layer.h5").read_bytes()
ARCHIVE = (FIXTURES / "keras2/keras/small_functional.keras").read_bytes()


@pytest.mark.parametrize("length", [*range(0, 2048, 97), *range(2048, len(SMALL), 1999)])
def test_a_file_that_ends_anywhere_is_an_error(length):
    with pytest.raises(FormatError):
        keras_h5.read(Source(io.BytesIO(SMALL[:length]), "file.h5"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4), st.booleans()
)
def test_whatever_a_file_holds_is_an_account_or_a_format_error(changes, archived):
    data = bytearray(ARCHIVE if archived else SMALL)
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        account = (keras_file if archived else keras_h5).read(Source(io.BytesIO(data), "file"))
    except FormatError:
        return
    assert isinstance(account, Account)
    json.dumps(account.to_dict())
