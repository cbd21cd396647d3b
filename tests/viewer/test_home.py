from __future__ import annotations

import pytest

from elman import api
from elman.viewer.home import Home
from elman.viewer.missing import NotHere
from viewer_asking import HOST, TOKEN, ask


def test_a_run_deep_inside_has_a_name_that_fits_an_address(home, folder):
    assert home.run("group~failed").folder == folder.resolve() / "group" / "failed"
    with pytest.raises(NotHere, match="no run group/failed here"):
        home.run("group/failed")


def test_a_run_can_be_opened_by_itself(folder):
    assert list(Home(folder / "good-rnn", api.open_run).runs()) == ["good-rnn"]


def test_an_empty_folder_has_no_runs_and_says_so(tmp_path):
    from elman.viewer.app import make_app

    app = make_app(Home(tmp_path, api.open_run), TOKEN, [HOST])
    said = ask(app, "/runs.json").json()
    assert (said["runs"], said["count"]) == ([], 0)


def test_a_link_that_leads_out_of_the_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link").symlink_to(folder / "good-rnn", target_is_directory=True)
    (tmp_path / "inside-too").mkdir()
    assert Home(tmp_path / "inside", api.open_run).runs() == {}
