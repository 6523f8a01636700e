"""What `make bench` makes of what the benchmarks say."""

import pytest

from bench import run


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "RESULTS", tmp_path)
    return tmp_path


def test_the_table_has_a_line_for_every_figure():
    lines = run.table({"shop": {"pages_per_s": 1234.5, "clients": 4}, "film": {"ratio": 1.57}}).splitlines()
    assert [line.split() for line in lines] == [
        ["shop", "pages_per_s", "1,234.5"],
        ["shop", "clients", "4"],
        ["film", "ratio", "1.57"],
    ]


@pytest.mark.parametrize("output", ["", "no figures\n", "[1, 2]\n", '{"cut": '])
def test_a_benchmark_without_figures_has_failed(output):
    assert run.parsed(output) is None


def test_words_before_the_figures_are_let_through():
    assert run.parsed('warming up\n{"ratio": 2}\n\n') == {"ratio": 2}


def test_an_unknown_benchmark_is_refused_with_those_that_exist(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["run.py", "nothing"])
    assert run.main() == 2
    assert "transcode" in capsys.readouterr().err


def test_a_benchmark_that_cannot_be_run_is_told_and_not_kept(results, capsys):
    assert run.measured("nothing_of_that_name") is None
    assert "failed" in capsys.readouterr().err
    assert not list(results.iterdir())


def test_every_benchmark_is_found():
    assert "transcode" in run.names()
    assert "run" not in run.names()
