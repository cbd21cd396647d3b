"""Options reach the command, and its outcome becomes text, one JSON object and a status."""

from __future__ import annotations

import json

import pytest

from elman.cli import Shared


def test_options_and_shared_options_reach_the_command(elman):
    assert elman("echo", "hi", "--hidden", "7", "--seed", "4") == (0, "hi 7 4\n", "")


def test_help_of_a_command_shows_its_docstring_and_options(elman):
    status, out, _ = elman("echo", "--help")

    assert status == 0
    assert out.startswith("usage: elman echo [-h]")
    for text in ("More about it.", "Units in the hidden layer. (default: 3)", "--json", "--quiet"):
        assert text in out


def test_a_misspelt_option_gets_the_nearest_one_and_status_2(elman):
    status, out, err = elman("echo", "hi", "--hiden", "7")

    assert (status, out) == (2, "")
    assert "--hiden" in err and "--hidden" in err


def test_json_is_the_only_line_on_standard_output(elman):
    status, out, err = elman("figures", "--json")

    assert status == 0
    assert json.loads(out) == {
        "run": "runs/a",
        "loss": 0.5,
        "worst": None,
        "sizes": [1, 2],
        "by": {"h": [0.0, 0.0]},
    }
    assert out.count("\n") == 1
    assert err == "noise\nprogress\n"


def test_json_of_a_command_without_a_result_is_an_empty_object(elman):
    assert elman("echo", "--json") == (0, "{}\n", "nothing 3 None\n")


def test_quiet_leaves_results_and_drops_progress(elman):
    assert elman("figures", "--quiet") == (0, "noise\n", "")


def test_work_that_takes_a_while_is_told_on_standard_error(elman):
    for _ in range(2):
        assert elman("prepare") == (0, "", "looking at 900 pictures\n")
    assert elman("prepare", "--quiet") == (0, "", "")


def test_an_error_of_ours_is_one_sentence_and_status_1(elman):
    message = "elman: a.txt is empty: give it text.\n"

    assert elman("refuse") == (1, "", message)
    status, out, err = elman("refuse", "--json")
    assert (status, err) == (1, message)
    assert json.loads(out) == {"error": "a.txt is empty: give it text.", "kind": "DataError"}


def test_a_missing_file_is_named(elman):
    assert elman("lose") == (
        1,
        "",
        "elman: no/such/file: No such file or directory: check the path and its permissions.\n",
    )


def test_memory_that_is_not_there_gets_one_sentence(elman):
    sentence = "there is not enough memory: choose fewer units, a smaller batch or window."
    assert elman("fill") == (1, "", f"elman: {sentence}\n")


def test_a_defect_keeps_its_traceback(elman, capsys):
    with pytest.raises(KeyError):
        elman("crash", "--json")

    assert json.loads(capsys.readouterr().out) == {
        "error": "KeyError('nothing')",
        "kind": "KeyError",
    }


def test_stopping_says_what_was_saved(elman):
    message = "saved; go on with: elman resume a"

    assert elman("halt") == (130, "", f"elman: {message}\n")
    status, out, _ = elman("halt", "--json")
    assert status == 130
    assert json.loads(out) == {"stopped": message, "steps": 7}


def test_stopping_before_anything_was_done_is_one_word(elman):
    assert elman("interrupt") == (130, "", "elman: stopped.\n")


def test_the_console_is_silent_when_asked(capsys):
    Shared(quiet=True).console().print("progress")
    Shared(json=True).console().print("to standard error")
    Shared().console().print("to standard output")

    assert capsys.readouterr() == ("to standard output\n", "to standard error\n")
