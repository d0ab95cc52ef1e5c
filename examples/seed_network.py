"""The network of a question that many have asked, from its declaration to a trained model on disk.

    How can BatchNormalization have 2,048 parameters, when its input and its output have 512 numbers?

Run it with `make demo`. It prints as it goes and leaves two pictures and a model in `out/`.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from drawing import save_curves, save_examples

import weigh as keras
from weigh.datasets import glyphs

OUT = Path("out")


def build() -> keras.Model:
    """The network as it was asked about, in today's spelling."""
    x = keras.layers.Input(batch_shape=(None, 4096))
    hidden = keras.layers.Dense(512, activation="relu")(x)
    hidden = keras.layers.BatchNormalization()(hidden)
    hidden = keras.layers.Dropout(0.5)(hidden)
    predictions = keras.layers.Dense(80, activation="sigmoid")(hidden)
    return keras.Model(inputs=[x], outputs=[predictions])


def area_under_curve(truths: np.ndarray, scores: np.ndarray) -> float:
    """Return the micro-averaged AUC: every picture and glyph is one yes-or-no question."""
    auc = keras.metrics.AUC(num_thresholds=1000)
    auc.update_state(truths, scores)
    return float(auc.result())


def f1(truths: np.ndarray, said: np.ndarray) -> float:
    """Return the micro-averaged F1 of the answers `said`."""
    return float(2 * np.sum(said * truths) / max(np.sum(said) + np.sum(truths), 1))


def best_blind_guess(y_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what can be said without looking: each glyph's frequency, and yes to those above the best threshold."""
    frequency = y_train.mean(axis=0)
    answers = [frequency >= level for level in frequency]
    return frequency, max(answers, key=lambda said: f1(y_train, np.broadcast_to(said, y_train.shape)))


def headline(text: str) -> None:
    print(f"\n── {text} " + "─" * (96 - len(text)), flush=True)


def main() -> None:
    keras.utils.set_random_seed(0)

    headline("The network, declared: no array exists yet")
    model = build()
    model.summary()

    headline("Why 2,048?")
    model.explain("batch_normalization")

    headline("And the totals that other tools print")
    model.explain(totals=True)

    headline("Training it: 64 × 64 pictures in, which of 80 glyphs are in them out")
    (x_train, y_train), (x_test, y_test) = glyphs.load_data(train=16_384, test=1_024, seed=0)
    model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.AUC(name="auc")])
    history = model.fit(x_train, y_train, batch_size=128, epochs=10, validation_data=(x_test, y_test))

    headline("What it learned, on pictures it has never seen")
    scores = model.predict(x_test, verbose=0)
    frequency, blind = (np.broadcast_to(guess, y_test.shape) for guess in best_blind_guess(y_train))
    print(f"{'':20}{'AUC':>8}{'F1':>8}   micro-averaged over {y_test.size:,} yes-or-no questions")
    print(f"{'the network':20}{area_under_curve(y_test, scores):8.3f}{f1(y_test, scores > 0.5):8.3f}")
    print(f"{'label frequencies':20}{area_under_curve(y_test, frequency):8.3f}{f1(y_test, blind):8.3f}", end="")
    print("   (the best guess without looking)")

    pictures, curves = OUT / "glyphs.png", OUT / "curves.png"
    save_examples(pictures, x_test[:6].reshape(-1, *glyphs.image_shape), y_test[:6], scores[:6], glyphs.GLYPHS)
    save_curves(curves, history.history)
    print(f"Drawn: {pictures} (what was there and what was seen), {curves} (learning curves)")

    headline("Kept, and read back by another process")
    path = OUT / "seed.keras"
    model.save(path)
    np.save(OUT / "predictions.npy", scores)
    print(f"Saved: {path}, {path.stat().st_size:,} bytes", flush=True)
    subprocess.run([sys.executable, __file__, "--read-back", str(path)], check=True)


def read_back(path: str) -> None:
    """Load the saved model in this process and compare its predictions with those of the one that saved it."""
    _, (x_test, _) = glyphs.load_data(train=1, test=1_024, seed=0)
    scores = keras.models.load_model(path).predict(x_test, verbose=0)
    difference = np.abs(scores - np.load(OUT / "predictions.npy")).max()
    print(f"Read back: {scores.size:,} predictions, largest difference {difference:.1e}")
    if difference > 1e-6:
        sys.exit("The model that was read back predicts otherwise.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read-back"]:
        read_back(sys.argv[2])
    else:
        OUT.mkdir(exist_ok=True)
        main()
