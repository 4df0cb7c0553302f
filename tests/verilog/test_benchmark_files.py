"""Real circuits: ISCAS'85, ISCAS'89 and EPFL files are read, come back from our own text, and equal their AIGER twins."""

from pathlib import Path

import numpy as np
import pytest

from eda.errors import InputError
from eda.ir.aiger import read_aiger
from eda.ir.convert import from_aig
from eda.ir.simulate import random_vectors, simulate
from eda.verilog.reader import parse_verilog, read_verilog
from eda.verilog.writer import to_verilog

# Files that instantiate a module which is nowhere defined, or use a net that nothing drives.
BROKEN = {
    "s1196.v": "'dff'",
    "s1196b.v": "'dff'",
    "s38584a.v.gz": "'delta'",
    "s400.v": "net Phi1H",
    "s820.v": "'dff'",
    "s832.v": "'dff'",
    "s953.v": "'dff'",
}


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if ".v" in p.suffixes)


@pytest.mark.parametrize("family", ["iscas85/verilog", "iscas89/verilog", "epfl_verilog"])
def test_files_come_back_from_our_text(eda_data, family):
    seen = 0
    for path in files(eda_data / "netlists" / family):
        if path.name in BROKEN:
            with pytest.raises(InputError, match=rf"{path.name}:\d+: expected .*{BROKEN[path.name]}"):
                read_verilog(path)
            continue
        netlist = read_verilog(path)
        if netlist.n_cells < 50_000:
            assert parse_verilog(to_verilog(netlist)) == netlist
        assert netlist.n_cells > 0
        seen += 1
    assert seen >= 11


def test_the_registers_of_s27(eda_data):
    n = read_verilog(eda_data / "netlists" / "iscas89" / "verilog" / "s27.v")
    assert n.count_by_type() == {"$nor2": 4, "$dff_p": 3, "$not": 2, "$or2": 2, "$and2": 1, "$nand2": 1}
    assert n.cell_names[0] == "DFF_0.Q_reg"
    assert n.net_by_name["DFF_0.Q"] == n.net_by_name["G5"]


def test_epfl_files_equal_their_aiger_twins(eda_data):
    compared = 0
    for path in files(eda_data / "netlists" / "epfl_verilog"):
        name = path.name.partition(".")[0]
        twin = next((eda_data / "aig" / "epfl").glob(f"*/{name}.aig*"))
        netlist, other = read_verilog(path), from_aig(read_aiger(twin))
        vectors = random_vectors(netlist, 4, seed=1)
        bits = np.concatenate([vectors[p.name] for p in netlist.inputs])
        values, at = {}, 0
        for p in other.inputs:
            values[p.name], at = bits[at : at + p.width], at + p.width
        ours, theirs = simulate(netlist, vectors), simulate(other, values)
        assert np.array_equal(ours[netlist.output_nets], theirs[other.output_nets]), name
        compared += 1
    assert compared == 15
