"""What a stranger receives: the sdist, and the wheel that is built from it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
from email.message import Message
from email.parser import Parser
from importlib.metadata import entry_points, version
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

import handouts

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DATA = {"templates": "handouts/_data/templates", "locales": "handouts/_data/locales", "fonts": "handouts/_data/fonts"}


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """A folder with the sdist and the wheel, made the way a release is made."""
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout
    return folder


@pytest.fixture(scope="module")
def sdist(dist) -> set[str]:
    """The names in the sdist, without its top folder."""
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {str(PurePosixPath(*PurePosixPath(member.name).parts[1:])) for member in archive if member.isfile()}


@pytest.fixture(scope="module")
def wheel(dist) -> dict[str, bytes]:
    """The files in the wheel."""
    (path,) = dist.glob("*.whl")
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel) -> Message:
    return Parser().parsestr(wheel[f"{dist_info()}/METADATA"].decode())


def dist_info() -> str:
    return f"{PROJECT['name']}-{PROJECT['version']}.dist-info"


def checkout(folder: str) -> set[str]:
    """Return the files of a folder of this checkout, as paths from its top; what git ignores is left out."""
    paths = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts and path.suffix not in {".pyc", ".mo"}}


@pytest.mark.parametrize("folder", DATA)
def test_the_wheel_carries_every_data_file(wheel, folder):
    shipped = {name for name in wheel if name.startswith(f"{DATA[folder]}/")}

    assert shipped == {name.replace(folder, DATA[folder], 1) for name in checkout(folder)}


def test_the_wheel_carries_what_printing_needs(wheel):
    def some(pattern: str) -> bool:
        return any(PurePosixPath(name).match(pattern) for name in wheel)

    assert some("handouts/drugs/*.toml")
    assert some("handouts/_data/templates/*.html")
    assert some("handouts/_data/locales/*/LC_MESSAGES/handouts.po")
    assert some("handouts/_data/locales/*/locale.toml")
    assert some("handouts/_data/fonts/*.ttf")
    assert "handouts/_data/fonts/fonts.conf" in wheel
    assert wheel["handouts/_data/fonts/NotoSans-Regular.ttf"] == (ROOT / "fonts/NotoSans-Regular.ttf").read_bytes()


def test_the_wheel_carries_the_package_and_nothing_else(wheel):
    code = {name for name in wheel if not name.startswith((*DATA.values(), dist_info()))}

    assert code == checkout("handouts")
    assert not [name for name in wheel if name.endswith((".mo", ".pyc"))]


def test_the_licences_travel_with_the_wheel(wheel, metadata):
    for licence in ("LICENSE", "fonts/OFL.txt"):
        assert wheel[f"{dist_info()}/licenses/{licence}"] == (ROOT / licence).read_bytes()
        assert licence in metadata.get_all("License-File")
    assert metadata["License-Expression"] == "MIT AND OFL-1.1"


def test_the_command_is_the_package_s_own(wheel):
    (command,) = entry_points(group="console_scripts", name="handouts")

    assert wheel[f"{dist_info()}/entry_points.txt"].decode().split("\n")[:2] == [
        "[console_scripts]",
        "handouts = handouts.commands:main",
    ]
    assert callable(command.load())


def test_there_is_one_version(metadata):
    assert handouts.__version__ == PROJECT["version"] == metadata["Version"] == version("handouts")


def test_the_sdist_can_be_tested_and_built(sdist):
    for name in ("Makefile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "cli.py", "pyproject.toml"):
        assert name in sdist
    for folder in ("handouts", "templates", "locales", "fonts", "tests", "requirements", ".ci"):
        assert checkout(folder) <= sdist
    assert not [name for name in sdist if name.startswith(("out/", "dist/", "build/", ".venv/", "docs/pictures/"))]
