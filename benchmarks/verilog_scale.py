"""Verilog at scale: a mapped netlist of a million cells written and read back, and the round trip of small ones.

Each step runs in a process of its own, whose CPU time and peak memory are measured around the call:

    write    random Nangate45 netlist with named nets and cells -> Verilog
    read     Verilog -> netlist, compared with the one written
    plain    written with `names="plain"`, read back and compared by the map of names
    cases    hypothesis: netlist -> Verilog -> netlist for random small netlists
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import cpu_seconds, peak_memory_gb, print_table, write_results

from eda.ir.netlist import FIRST_INPUT_NET, Netlist, Port
from eda.tech.pdk import find_pdk
from eda.verilog.reader import parse_verilog, read_verilog
from eda.verilog.writer import to_verilog, write_verilog

SEED = 1
KINDS = {
    "NAND2_X1": 20,
    "NOR2_X1": 10,
    "INV_X1": 15,
    "BUF_X2": 3,
    "AOI21_X1": 10,
    "OAI21_X1": 10,
    "NAND3_X1": 5,
    "AOI22_X1": 4,
    "XOR2_X1": 6,
    "XNOR2_X1": 6,
    "MUX2_X1": 4,
    "FA_X1": 5,
    "HA_X1": 1,
    "DFF_X1": 5,
    "DFFR_X1": 3,
}
N_INPUTS = 256
WINDOW = 20_000
"""How far back a pin reaches: it sets the depth of the circuit, as locality does in a real one."""


def make_netlist(n_cells: int, seed: int) -> Netlist:
    """A random mapped netlist without combinational loops: gates read earlier nets, registers any."""
    rng = np.random.default_rng(seed)
    library = find_pdk("nangate45").library
    types = tuple(library.types[name] for name in KINDS)
    share = np.array(list(KINDS.values())) / sum(KINDS.values())
    cell_type = rng.choice(len(types), n_cells, p=share).astype(np.int32)
    n_in = np.array([len(t.inputs) for t in types])[cell_type]
    n_out = np.array([len(t.outputs) for t in types])[cell_type]
    first_net = FIRST_INPUT_NET + 2 + N_INPUTS
    out_start = first_net + np.concatenate(([0], np.cumsum(n_out)))
    latest = np.repeat(out_start[:-1], n_in)
    back = rng.integers(1, WINDOW, len(latest))
    fanin = np.maximum(latest - back, FIRST_INPUT_NET + 2 + back % N_INPUTS)
    starts = np.concatenate(([0], np.cumsum(n_in)))
    for t, kind in enumerate(types):
        if kind.state is not None:
            fanin[starts[:-1][cell_type == t] + kind.inputs.index(kind.state.clock_pin)] = FIRST_INPUT_NET
            if "RN" in kind.inputs:
                fanin[starts[:-1][cell_type == t] + kind.inputs.index("RN")] = FIRST_INPUT_NET + 1
    n_nets = int(out_start[-1])
    outputs = rng.choice(np.arange(first_net, n_nets), N_INPUTS, replace=False).tolist()
    ports = (
        Port("clk", "input", (FIRST_INPUT_NET,)),
        Port("rst_n", "input", (FIRST_INPUT_NET + 1,)),
        Port("a", "input", tuple(range(FIRST_INPUT_NET + 2, first_net)), N_INPUTS - 1, 0),
        Port("y", "output", tuple(outputs), N_INPUTS - 1, 0),
    )
    net_names = [None, None, *(bit for p in ports[:3] for bit in p.bit_names), *_net_names(n_nets - first_net)]
    return Netlist(
        name="scale",
        ports=ports,
        types=types,
        cell_type=cell_type,
        fanin_start=starts,
        fanin=fanin,
        net_names=tuple(net_names),
        cell_names=tuple(_cell_names(n_cells)),
    )


def _net_names(count: int) -> list[str]:
    """Seven in ten plain, two in ten bits of vectors of 32, one in ten with the path of a flattened hierarchy."""
    names = []
    for k in range(count):
        digit = k // 32 % 10
        names.append(f"n{k}" if digit < 7 else f"bus{k // 32}[{k % 32}]" if digit < 9 else f"core.u{k // 32}.n{k % 32}")
    return names


def _cell_names(count: int) -> list[str]:
    return [f"U{k}" if k // 32 % 10 < 9 else f"core.u{k // 32}.g{k % 32}" for k in range(count)]


# --- steps, each in its own process ----------------------------------------------------------------------------------------


def step_write(folder: Path, args: argparse.Namespace) -> dict[str, object]:
    netlist = make_netlist(args.cells, SEED)
    start = cpu_seconds()
    write_verilog(netlist, folder / "netlist.v")
    seconds = cpu_seconds() - start
    facts = {"cells": netlist.n_cells, "nets": netlist.n_nets, "pins": len(netlist.fanin), "levels": netlist.depth}
    return {"cpu_s": seconds, "file_mb": (folder / "netlist.v").stat().st_size / 1e6, **facts}


def step_read(folder: Path, args: argparse.Namespace) -> dict[str, object]:
    types = find_pdk("nangate45").library.types
    start = cpu_seconds()
    netlist = read_verilog(folder / "netlist.v", types=types)
    seconds, memory = cpu_seconds() - start, peak_memory_gb()
    identical = netlist == make_netlist(args.cells, SEED) and to_verilog(netlist) == (folder / "netlist.v").read_text()
    return {"cpu_s": seconds, "peak_gb": memory, "identical": identical}


def step_plain(folder: Path, args: argparse.Namespace) -> dict[str, object]:
    netlist, types = make_netlist(args.cells, SEED), find_pdk("nangate45").library.types
    start = cpu_seconds()
    renamed = write_verilog(netlist, folder / "plain.v", names="plain")
    seconds = cpu_seconds() - start
    back = read_verilog(folder / "plain.v", types=types)
    names = [renamed.get(name, name) if name else None for name in back.net_names]
    same = np.array_equal(back.fanin, netlist.fanin) and back.ports == netlist.ports
    return {"cpu_s": seconds, "identical": same and _without_bits(names, netlist, renamed), "renamed": len(renamed)}


def _without_bits(names: list[str | None], netlist: Netlist, renamed: dict[str, str]) -> bool:
    """True if every scalar name is the old one by the map of names (bits of vectors are mapped by their base)."""
    return all(a == b for a, b in zip(names, netlist.net_names, strict=True) if b is not None and "[" not in b)


def step_cases(folder: Path, args: argparse.Namespace) -> dict[str, object]:
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from strategies import netlists

    library = [find_pdk("nangate45").library.types[name] for name in KINDS]
    known = {t.name: t for t in library}
    done = 0

    @seed(SEED)
    @settings(max_examples=args.cases, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(netlists(types=library, latches=True))
    def round_trip(netlist: Netlist) -> None:
        nonlocal done
        text = to_verilog(netlist)
        again = parse_verilog(text, types=known)
        assert again == netlist, text
        assert to_verilog(again) == text
        done += 1

    start = cpu_seconds()
    round_trip()
    return {"cpu_s": cpu_seconds() - start, "cases": done, "identical": True}


STEPS = {"write": step_write, "read": step_read, "plain": step_plain, "cases": step_cases}


def run_step(name: str, folder: Path, args: argparse.Namespace) -> dict[str, object]:
    command = [sys.executable, __file__, "--step", name, "--folder", str(folder)]
    command += ["--cells", str(args.cells), "--cases", str(args.cases)]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.decode())
    row = json.loads(done.stdout)
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return {"step": name, **row}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        row = STEPS[args.step](args.folder, args)
        row.setdefault("peak_gb", peak_memory_gb())
        print(json.dumps(row))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = [run_step(name, Path(folder), args) for name in STEPS]
    columns = ["step", "cpu_s", "peak_gb", "identical", "file_mb", "cells", "nets", "pins", "levels", "renamed", "cases"]
    print_table(rows, columns)
    write_results("verilog_scale", rows, seed=SEED, pdk="nangate45")


if __name__ == "__main__":
    main()
