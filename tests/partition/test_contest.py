"""Contest folders are read, written and refused with the line of what is wrong; legality is as an independent judge says."""

import gzip

import numpy as np
import pytest
from partition_judge import judge
from small_partitions import CHAIN, EXAMPLE, SOLUTIONS, random_case, random_partition

from eda.errors import InputError
from eda.ir.hypergraph import Partition
from eda.partition.formats.contest import read_case, write_case
from eda.partition.formats.solution import read_solution, solution_text, write_solution
from eda.partition.problem import make_problem

FILES = {
    "info": "FPGA1 10 4 0 0 0 0 0 0 0\nFPGA2 10 4 0 0 0 0 0 0 0 \nFPGA3 10 4 0 0 0 0 0 0 0",
    "topo": "2\n\nFPGA1 FPGA2\nFPGA2 FPGA3\nFPGA3 FPGA2\n",
    "are": "g1 1 0 0 0 0 0 0 0\ng2 1 0 0 0 0 0 0 0\ng3 2 0 0 0 0 0 0 0\ng4 1 0 0 0 0 0 0 0\ng5 1 0 0 0 0 0 0 0",
    "net": "g1 3 g2 g4 g2 g1\ng2 1 g3\tg5\ng3 2 g1 \ng4 1 g5\n",
}


def case(folder, **changed):
    for suffix, text in {**FILES, **changed}.items():
        (folder / f"design.{suffix}").write_text(text)
    return folder


def test_the_example_is_read_with_sinks_once_each(tmp_path):
    problem = read_case(case(tmp_path))
    assert problem.graph.text() == EXAMPLE.text().replace("1 resources", "8 resources")
    assert problem.board.links.tolist() == [[0, 1], [1, 2]]
    assert problem.board.distance[0].tolist() == [0, 1, 2]
    assert problem.resources[5] == "BRAM"


def test_gzipped_files_are_read_too(tmp_path):
    case(tmp_path)
    packed = tmp_path / "design.net.gz"
    packed.write_bytes(gzip.compress((tmp_path / "design.net").read_bytes()))
    (tmp_path / "design.net").unlink()
    assert read_case(tmp_path).graph.n_nets == 4


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_worked_example_agrees_with_the_judge(tmp_path, name):
    primary, replicas, hops = SOLUTIONS[name]
    problem, partition = read_case(case(tmp_path)), Partition(primary, replicas)
    write_solution(tmp_path / "out", partition, problem.graph, problem.board)
    assert judge(tmp_path, tmp_path / "out") == ({}, hops)
    assert problem.violations(partition) == ()
    assert partition.hops(problem.graph, problem.board) == hops


def test_the_text_of_a_solution_is_what_the_contest_reads():
    text = solution_text(Partition([0, 0, 1, 1, 1], [(3, 0), (0, 1)]), EXAMPLE, CHAIN)
    assert text == "FPGA1: g1 g2 g4*\nFPGA2: g3 g4 g5 g1*\nFPGA3:\n"


@pytest.mark.parametrize("seed", range(40))
def test_random_solutions_are_legal_where_the_judge_says_so(tmp_path, seed):
    problem = random_case(seed)
    partition = random_partition(problem, seed)
    write_case(problem, tmp_path)
    write_solution(tmp_path / "out", partition, problem.graph, problem.board)
    wrong, hops = judge(tmp_path, tmp_path / "out")
    again = read_case(tmp_path)
    assert bool(again.violations(partition)) == bool(wrong)
    assert partition.hops(again.graph, again.board) == hops
    assert np.array_equal(read_solution(tmp_path / "out", again.graph, again.board).replicas, partition.replicas)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"net": FILES["net"] + "g1 1 g9\n"}, "design.net:5: unknown node g9"),
        ({"net": "g1 x g2"}, "design.net:1: net weight: expected a whole number of at least 0, found 'x'"),
        ({"net": "g1"}, "design.net:1: expected SOURCE WEIGHT SINK..., found 1 field"),
        ({"net": ""}, "design.net:1: empty file: expected SOURCE WEIGHT SINK..."),
        ({"are": ""}, "design.are:1: empty file"),
        ({"are": FILES["are"] + "\ng2 1 0 0 0 0 0 0 0"}, "design.are:6: node g2 is listed twice"),
        ({"are": "g1 1 0 0"}, "design.are:1: expected NAME and 8 areas, found 4 fields"),
        ({"are": "g1* 1 0 0 0 0 0 0 0"}, "design.are:1: node g1. ends in"),
        ({"info": ""}, "design.info:1: empty file"),
        ({"info": FILES["info"].replace("FPGA3 10 4", "FPGA3 10 -4")}, "design.info:3: limit and capacities: .*'-4'"),
        ({"info": FILES["info"].replace("FPGA3", "FPGA1")}, "design.info:3: FPGA FPGA1 is listed twice"),
        ({"info": "FPGA1 10 4"}, "design.info:1: expected NAME LIMIT and 8 capacities, found 3 fields"),
        ({"info": "FPGA1 10 4 0 0 0 0 0 0 0\nFPGA2 10 4 0 0 0 0 0 0 0"}, "design.topo:4: unknown FPGA FPGA3"),
        ({"topo": "\n\n"}, "design.topo:1: empty file: expected the maximum hop count"),
        ({"topo": "two\nFPGA1 FPGA2"}, "design.topo:1: maximum hop count: .*'two'"),
        ({"topo": "FPGA1 FPGA2"}, "design.topo:1: expected the maximum hop count alone, found 2 fields"),
        ({"topo": "2\nFPGA1 FPGA2 FPGA3"}, "design.topo:2: expected the names of two FPGAs, found 3 fields"),
        ({"topo": "2\nFPGA1 FPGA2\n"}, "design.topo:2: the board is disconnected: no links join FPGA1 with FPGA3"),
    ],
)
def test_what_is_malformed_is_refused_with_file_and_line(tmp_path, changed, message):
    with pytest.raises(InputError, match=message):
        read_case(case(tmp_path, **changed))


def test_a_missing_folder_or_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"nowhere: expected a folder with design.info"):
        read_case(tmp_path / "nowhere")
    case(tmp_path)
    (tmp_path / "design.topo").unlink()
    with pytest.raises(InputError, match=r"design.topo: cannot be read: No such file"):
        read_case(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FPGA1: g1 g2 g3 g4 g5 g1*\n", "node g1 has a replica beside its primary on FPGA1"),
        ("FPGA1: g1 g2 g3 g4\n", "node g5 has no primary"),
        ("FPGA1: g1 g2\nFPGA2: g1", ":2: g1 has two primaries"),
        ("FPGA1: g1\nFPGA2: g1* g1*", ":2: g1. has two replicas here"),
        ("FPGA1 g1", ":1: expected `FPGA: node node.`, found no colon"),
        ("FPGA9: g1", ":1: unknown FPGA FPGA9"),
        ("\nFPGA1: g7*", ":2: unknown node g7"),
    ],
)
def test_solutions_are_refused_with_file_and_line(tmp_path, text, message):
    (tmp_path / "out").write_text(text)
    with pytest.raises(InputError, match=message):
        read_solution(tmp_path / "out", EXAMPLE, CHAIN)


def test_what_the_format_cannot_hold_is_not_written(tmp_path):
    with pytest.raises(InputError, match="9 resources cannot be written"):
        write_case(random_case(1, n_resources=9), tmp_path)


def test_the_contest_cases_are_read_whole(eda_data):
    sizes = {"case01": (16, 13, 4), "case02": (600, 1239, 8), "case03": (11451, 31071, 32)}
    for name, (nodes, nets, fpgas) in sizes.items():
        problem = read_case(eda_data / "partition" / "contest" / name)
        assert (problem.graph.n_nodes, problem.graph.n_nets, problem.board.n_fpgas) == (nodes, nets, fpgas)
        assert make_problem(problem.graph, problem.board).violations(Partition(np.zeros(nodes), [])) != ()
