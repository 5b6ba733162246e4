"""The recorded outputs in tests/snapshots, for the scripts that show them in the book."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests/snapshots"

# The kernels of the course, in their order. Snapshots without a series are of the default one.
SERIES = ["5.10", "6.1", "6.12", "6.18", "7"]
DEFAULT = "6.1"

# How many lines of a log its end has, up to the message that decides.
END = 10


def contents(file):
    """What follows the header of a snapshot: YAML between two lines `---`."""
    header, _, text = file.read_text().removeprefix("---\n").partition("\n---\n")
    if not text or not header:
        raise ValueError(f"{file} is no snapshot: it has no header between two lines ---")
    return text


def is_log(text):
    """Whether it is a verifier's log: that ends with its statistics."""
    return re.search(r"^processed \d+ insns ", text, re.M) is not None


def end_of_log(text):
    """The last lines before the statistics. What Linux 7 adds below the message stays whole."""
    lines = text.splitlines()
    statistics = next(at for at, line in enumerate(lines) if re.match(r"processed \d+ insns ", line))
    lines = lines[:statistics]
    message = next((at for at, line in enumerate(lines) if line.startswith("Verification failed: ")), len(lines))
    first = max(0, message - END - (message < len(lines)))  # an empty line stands above that
    return "\n".join((["…"] if first else []) + lines[first:]).rstrip() + "\n"


def on_kernels(name):
    """What is recorded under this name for each kernel: series and text, in the order of the series.

    Several series that say the same stand together.
    """
    said = {}
    for series in SERIES:
        files = [FOLDER / f"{name}.on-{series}.snap"]
        if series == DEFAULT:
            files.append(FOLDER / f"{name}.snap")
        for file in filter(Path.is_file, files):
            said.setdefault(contents(file), []).append(series)
            break
    return [(series, text) for text, series in said.items()]
