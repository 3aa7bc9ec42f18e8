"""Which names of a folder hold its rows, by suffix and by the Hugging Face conventions. Touches no files."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple

import yaml

from sterling.errors import SourceError
from sterling.sources.streams import Codec, shown

Kind = Literal["jsonl", "json", "csv", "tsv", "parquet", "arrow", "text"]
Split = Literal["train", "test"]
"""Of a dataset with splits, what is wanted: its `train`, or whatever is kept apart from training (`test`, `validation`)
in every configuration; where nothing is kept apart, all of it."""

_KINDS: dict[str, Kind] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "tsv",
    ".parquet": "parquet", ".arrow": "arrow", ".txt": "text", ".md": "text",
}  # fmt: skip
_CODECS: dict[str, Codec] = {".gz": "gzip", ".zst": "zstd"}
_ABOUT_DATA = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "croissant.json"}
"""Files that describe a dataset folder and hold no rows of it."""
READABLE = "JSONL, JSON, CSV, TSV, Parquet, Arrow, .txt and .md, each also as .gz or .zst"


class DataFile(NamedTuple):
    """One file to read."""

    name: str
    """As rows name it: relative to what the user named, with `/`."""
    path: str
    """Local path, or address with a scheme."""
    kind: Kind
    codec: Codec | None


class Format(NamedTuple):
    """What a suffix says."""

    kind: Kind
    codec: Codec | None


def format_of_name(name: str) -> Format | None:
    """Kind and compression by suffix; None when the suffix is unknown."""
    suffixes = PurePosixPath(name.lower()).suffixes
    codec = _CODECS.get(suffixes[-1]) if suffixes else None
    kind = _KINDS.get(suffixes[-2] if codec and len(suffixes) > 1 else suffixes[-1]) if suffixes else None
    return None if kind is None else Format(kind, codec)


def choose(names: Sequence[str], readme: str, where: str, split: Split = "train", *, hub: bool = False) -> list[str]:
    """Which names of a folder hold its rows. `hub` when it is known to be a Hugging Face dataset."""
    front = _front_matter(readme)
    if configured := _kept_apart(front) if split == "test" else _configured(front, where):
        chosen = [n for n in names if any(p.fullmatch(n) for p in configured)]
    else:
        chosen = _by_convention(names, split, hub=hub or bool(front))
    if readable := [n for n in chosen if format_of_name(n)]:
        return sorted(readable)
    seen = f"; it holds {', '.join(f'`{n}`' for n in sorted(names)[:5])}" if names else ""
    raise SourceError(f"the folder holds no file that can be read{seen}", where=where, mend=f"readable are {READABLE}")


def data_file(name: str, path: str) -> DataFile:
    """A file by its name. SourceError when its suffix is unknown."""
    form = format_of_name(name)
    if form is None:
        raise SourceError(
            f"`{PurePosixPath(name).suffix or name}` is no kind of file that can be read",
            where=shown(path), mend=f"convert it; readable are {READABLE}",
        )  # fmt: skip
    return DataFile(name, path, *form)


def pattern(glob: str) -> re.Pattern[str]:
    """A shell pattern over `/`-separated names; `**` crosses folders."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob.removeprefix("./"))
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts))


def _front_matter(readme: str) -> dict[str, Any]:
    found = re.match(r"---\n(.*?)\n---", readme.replace("\r\n", "\n"), re.DOTALL)
    try:
        loaded = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _configured(front: dict[str, Any], where: str) -> list[re.Pattern[str]]:
    """Patterns of the train split of the default configuration; none when the card declares none."""
    configs = _configs(front)
    if not configs:
        return []
    names = [str(c.get("config_name")) for c in configs]
    default = [c for c, n in zip(configs, names, strict=True) if c.get("default") or n == "default"] or configs
    if len(default) > 1 and default is configs:
        listed = ", ".join(f"`{n}`" for n in names)
        raise SourceError(
            f"the dataset has {len(configs)} configurations and no default: {listed}",
            where=where, mend="name the folder or the files of one of them",
        )  # fmt: skip
    splits = _splits(default[0])
    if "train" not in splits:
        raise SourceError(
            f"the dataset has no split `train`, only {', '.join(f'`{s}`' for s in splits)}",
            where=where, mend="name the files you want",
        )  # fmt: skip
    return splits["train"]


def _kept_apart(front: dict[str, Any]) -> list[re.Pattern[str]]:
    """Patterns of every split but `train`, of all configurations; of `train` where there is no other."""
    every = [_splits(config) for config in _configs(front)]
    apart = [p for splits in every for split, patterns in splits.items() if split != "train" for p in patterns]
    return apart or [p for splits in every for patterns in splits.values() for p in patterns]


def _configs(front: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for c in front.get("configs") or [] if isinstance(c, dict) and c.get("data_files")]


def _splits(config: dict[str, Any]) -> dict[str, list[re.Pattern[str]]]:
    """The patterns of each split of a configuration."""
    folder = str(config.get("data_dir") or "")
    splits: dict[str, list[re.Pattern[str]]] = {}
    for entry in _listed(config["data_files"]):
        split, paths = (entry["split"], entry["path"]) if isinstance(entry, dict) else ("train", entry)
        splits.setdefault(str(split), []).extend(pattern(str(PurePosixPath(folder, p))) for p in _listed(paths))
    return splits


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _by_convention(names: Sequence[str], split: Split, *, hub: bool) -> list[str]:
    data = [n for n in names if (f := format_of_name(n)) and f.kind != "text" and _base(n) not in _ABOUT_DATA]
    if split == "test":
        train = re.compile(r"(?:.*/)?train[-./].*" if hub else r"data/train-.*")
        return [n for n in data if not train.fullmatch(n)] or data or list(names)
    train = re.compile(r"(?:data/)?train(?:[-./].*)" if hub else r"data/train-.*")
    return [n for n in data if train.fullmatch(n)] or data or list(names)


def _base(name: str) -> str:
    return name.rpartition("/")[2]
