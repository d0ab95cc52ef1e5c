"""Text in networks, in files, and under the arguments that no fixture has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.compute import fingerprints
from weigh.errors import ArgumentError, DataError, GraphError, StateError, UnsafeFileError
from weigh.layers import Dense, Hashing, IntegerLookup, StringLookup, TextVectorization
from weigh.report.explain import explanation

TEXTS = np.array([["a b"], ["c"], ["b b d"], [""]])


def counted():
    layer = TextVectorization(output_mode="count")
    layer.adapt(TEXTS)
    return layer


def test_a_network_that_reads_text_trains_and_is_judged():
    given = [weigh.Input((1,), dtype="string"), weigh.Input((2,))]
    joined = weigh.layers.Concatenate()([Dense(3)(counted()(given[0])), given[1]])
    model = weigh.Model(given, Dense(1)(joined))
    inputs, labels = [TEXTS, np.ones((4, 2), "float32")], np.arange(4.0)[:, None]
    np.testing.assert_allclose(model.predict(inputs, batch_size=3, verbose=0), model(inputs), rtol=1e-5)
    model.compile("sgd", "mse")
    before = model.evaluate(inputs, labels, verbose=0)
    history = model.fit(inputs, labels, epochs=3, verbose=0, validation_data=(inputs, labels)).history
    assert history["val_loss"][-1] == pytest.approx(model.evaluate(inputs, labels, verbose=0))
    assert history["val_loss"][-1] < before
    assert model.train_on_batch(inputs, labels) < before


def test_a_stack_is_built_by_the_text_that_it_gets():
    model = weigh.Sequential([counted(), Dense(2)])
    lists = [text for (text,) in TEXTS.tolist()]
    np.testing.assert_allclose(model.predict(lists, verbose=0), model.predict(TEXTS, verbose=0), rtol=1e-6)
    assert model.predict_on_batch(TEXTS).shape == (4, 2)
    model.compile("sgd", "mse")
    model.fit(TEXTS, np.ones((4, 2)), validation_split=0.5, verbose=0)


def test_numbers_that_are_looked_up_on_the_host_are_too():
    model = weigh.Sequential([IntegerLookup(num_oov_indices=0, vocabulary=[2**40, 3], output_mode="one_hot"), Dense(1)])
    numbers = np.array([[3], [2**40]])
    np.testing.assert_allclose(model.predict(numbers, verbose=0), model(numbers), rtol=1e-6)
    with pytest.raises(DataError, match=r"\[4\]"):
        model.predict(np.array([[4]]), verbose=0)


class Own(weigh.Model):
    """Computes in a `call` of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.dense = counted(), Dense(1)

    def call(self, inputs):
        return self.dense(self.words(inputs))


def test_where_nobody_knows_where_text_ends_the_error_says_what_to_do():
    model = Own()
    assert model(TEXTS).shape == (4, 1)
    with pytest.raises(DataError, match="Map the layers that read text"):
        model.predict(TEXTS, verbose=0)
    inner = weigh.Sequential([weigh.Input((1,), dtype="string"), counted(), Dense(1)], name="inner")
    outer = weigh.Sequential([weigh.Input((1,), dtype="string"), inner])
    with pytest.raises(GraphError, match=r"'inner'.*no gradient"):
        outer.predict(TEXTS, verbose=0)


def test_a_layer_on_the_host_does_not_go_into_compiled_functions():
    import jax

    with pytest.raises(StateError, match=r"'hashing'.*model\.fit\(layer\(x\), y\)"):
        jax.jit(Hashing(3))(np.arange(3))


@pytest.mark.parametrize("mode", ["int", "tf_idf"])
@pytest.mark.parametrize("given", [True, False])
def test_vocabularies_are_saved_with_the_network(tmp_path, mode, given):
    layer = StringLookup(output_mode=mode, max_tokens=9, pad_to_max_tokens=mode != "int", mask_token="")
    if given:
        layer = type(layer).from_config(
            {**layer.get_config(), "vocabulary": ["b", "a"], "idf_weights": None if mode == "int" else [1.0, 2.0]}
        )
    else:
        layer.adapt([["a", "b"], ["b", "é"]])
    words = weigh.Input((2,), dtype="string")
    model = weigh.Model(words, layer(words))
    model.save(tmp_path / "model.keras")
    read = weigh.models.load_model(tmp_path / "model.keras")
    data = np.array([["a", "é"], ["", "q"]])
    assert read.layers[1].get_vocabulary() == layer.get_vocabulary()
    np.testing.assert_allclose(read(data), layer(data))


def test_a_token_that_a_file_cannot_keep_is_refused(tmp_path):
    layer = TextVectorization(split="character", standardize=None)
    layer.adapt(["a\nb"])
    model = weigh.Sequential([weigh.Input((1,), dtype="string"), layer])
    with pytest.raises(ArgumentError, match="line break"):
        model.save(tmp_path / "model.keras")


def test_a_vocabulary_comes_from_a_file_but_not_because_a_file_says_so(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("b\na\n\n", "utf-8")
    layer = StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]
    assert layer.get_config()["vocabulary"] is None
    (tmp_path / "numbers.txt").write_text("5\n3", "utf-8")
    assert IntegerLookup(vocabulary=tmp_path / "numbers.txt").get_vocabulary() == [-1, 5, 3]
    record = weigh.saving.serialize_keras_object(layer)
    record["config"]["vocabulary"] = str(path)
    with pytest.raises(UnsafeFileError, match=r"words\.txt"):
        weigh.saving.deserialize_keras_object(record)


@weigh.saving.register_keras_serializable("tests")
def shouted(texts):
    return np.strings.upper(texts)


@weigh.saving.register_keras_serializable("tests")
def at_commas(texts):
    return [text.split(",") for text in texts]


def test_functions_of_the_users_standardize_and_split():
    layer = TextVectorization(standardize=shouted, split=at_commas, vocabulary=["A", "B C"])
    assert layer([["a,b c"], ["d"]]).tolist() == [[2, 3], [1, 0]]
    again = weigh.saving.deserialize_keras_object(weigh.saving.serialize_keras_object(layer))
    assert again([["b c"]]).tolist() == [[3]]


def test_data_come_in_batches_bytes_or_one_alone():
    layer = TextVectorization()
    layer.adapt((batch for batch in (["a b"], [b"b \xc3\xa9"])), steps=2)
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "é", "a"]
    assert layer(np.array(["b é".encode()])).tolist() == [[2, 3]]
    lookup = StringLookup(vocabulary=["a"])
    assert int(lookup("a")) == 1
    assert lookup(np.array(["a", b"a", "q"], object)).tolist() == [1, 1, 0]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=9, unique=True))
def test_a_lookup_and_its_inverse_are_the_identity_on_the_vocabulary(vocabulary):
    vocabulary = [token.replace("\0", "0") + str(place) for place, token in enumerate(vocabulary)]
    there, back = StringLookup(vocabulary=vocabulary), StringLookup(vocabulary=vocabulary, invert=True)
    assert back(there(vocabulary)).tolist() == vocabulary


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_strings_are_hashed_alike_alone_and_among_others(strings):
    alone = [int(fingerprints.fingerprints([one])[0]) for one in strings]
    assert fingerprints.fingerprints(strings).tolist() == alone


def test_siphash_is_that_of_its_authors():
    """The vectors of Aumasson and Bernstein's reference: key 00 … 0f, messages of the bytes 00, 01, …"""
    key = [int.from_bytes(bytes(range(8)), "little"), int.from_bytes(bytes(range(8, 16)), "little")]
    messages = [bytes(range(length)) for length in (0, 1, 15)]
    assert [hex(one) for one in fingerprints.keyed(messages, key).tolist()] == [
        "0x726fdb47dd0e0e31",
        "0x74f839c593dc67fd",
        "0xa129ca6149be45e5",
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_said_about_it(golden, lang):
    words = weigh.Input((1,), dtype="string")
    sizes = weigh.Input((3,))
    normalized = weigh.layers.Normalization()
    normalized.adapt(np.arange(12.0).reshape(4, 3))
    model = weigh.Model([words, sizes], weigh.layers.Concatenate()([counted()(words), normalized(sizes)]))
    texts = [explanation(model, name, lang=lang) for name in ("text_vectorization", "normalization")]
    golden(f"adapted.{lang}.txt", "\n".join(texts))
