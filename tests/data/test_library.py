from __future__ import annotations

import sysconfig

import pytest

from elman.data import library
from elman.data.library import library_text
from elman.errors import DataError


@pytest.fixture
def stdlib(tmp_path, monkeypatch):
    for name, text in {
        "b.py": "b = 1\n",
        "a/c.py": "c = 2",
        "a/empty.py": "",
        "d.py": "# é\n",
        "test/e.py": "e\n",
        "site-packages/f.py": "f\n",
        "config-3.13-x86/g.py": "g\n",
        "_sysconfigdata__linux.py": "h\n",
        "i.txt": "i\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    return tmp_path


def test_modules_come_in_order_without_tests_packages_and_machine_facts(stdlib):
    assert library_text() == ("c = 2\n\nb = 1\n", 2)


def test_files_are_taken_while_they_fit(stdlib, monkeypatch):
    monkeypatch.setattr(library, "LIMIT", 7)
    assert library_text() == ("c = 2\n", 1)


def test_a_python_without_its_source_says_so(stdlib, monkeypatch):
    monkeypatch.setattr(library, "LIMIT", 0)
    with pytest.raises(DataError, match="comes without the source of its standard library"):
        library_text()
