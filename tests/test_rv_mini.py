"""The processor netlists/rv_mini.v against an instruction-set simulator, in Icarus Verilog and in our own simulator."""

from pathlib import Path

import numpy as np
import pytest

from eda.ir import simulate
from eda.tech import tools
from eda.verilog.rtl import read_rtl

SOURCE = Path(__file__).parent.parent / "netlists" / "rv_mini.v"
MEMORY_WORDS = 64
MASK = 0xFFFFFFFF


# --- instructions as words --------------------------------------------------------------------------------------------

REGISTER_OPS = {
    "add": (0, 0),
    "sub": (0, 0x20),
    "sll": (1, 0),
    "slt": (2, 0),
    "sltu": (3, 0),
    "xor": (4, 0),
    "srl": (5, 0),
    "sra": (5, 0x20),
    "or": (6, 0),
    "and": (7, 0),
}
IMMEDIATE_OPS = {"addi": 0, "slti": 2, "sltiu": 3, "xori": 4, "ori": 6, "andi": 7}
SHIFT_OPS = {"slli": (1, 0), "srli": (5, 0), "srai": (5, 0x20)}
LOADS = {"lb": 0, "lh": 1, "lw": 2, "lbu": 4, "lhu": 5}
STORES = {"sb": 0, "sh": 1, "sw": 2}
BRANCHES = {"beq": 0, "bne": 1, "blt": 4, "bge": 5, "bltu": 6, "bgeu": 7}
EBREAK = 0x00100073


def encode(name, rd=0, rs1=0, rs2=0, immediate=0):
    """One instruction; `immediate` in bytes for jumps and branches, and the upper 20 bits for LUI and AUIPC."""
    fields, i = rd << 7 | rs1 << 15, immediate & MASK
    if name in REGISTER_OPS:
        funct3, funct7 = REGISTER_OPS[name]
        return funct7 << 25 | rs2 << 20 | funct3 << 12 | fields | 0x33
    if name in SHIFT_OPS:
        funct3, funct7 = SHIFT_OPS[name]
        return funct7 << 25 | (i & 31) << 20 | funct3 << 12 | fields | 0x13
    if name in IMMEDIATE_OPS:
        return (i & 0xFFF) << 20 | IMMEDIATE_OPS[name] << 12 | fields | 0x13
    if name in LOADS:
        return (i & 0xFFF) << 20 | LOADS[name] << 12 | fields | 0x03
    if name in STORES:
        return (i >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | STORES[name] << 12 | (i & 31) << 7 | 0x23
    if name in BRANCHES:
        high, low = (i >> 12 & 1) << 6 | i >> 5 & 0x3F, i & 0x1E | i >> 11 & 1
        return high << 25 | rs2 << 20 | rs1 << 15 | BRANCHES[name] << 12 | low << 7 | 0x63
    if name == "jal":
        bits = (i >> 20 & 1) << 19 | (i >> 1 & 0x3FF) << 9 | (i >> 11 & 1) << 8 | i >> 12 & 0xFF
        return bits << 12 | rd << 7 | 0x6F
    if name == "jalr":
        return (i & 0xFFF) << 20 | fields | 0x67
    return (i & 0xFFFFF) << 12 | rd << 7 | {"lui": 0x37, "auipc": 0x17}[name]


# --- the model: one instruction at a time, from the same symbolic form ------------------------------------------------


def signed(value, width=32):
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def arithmetic(name, a, b):
    return {
        "add": a + b,
        "sub": a - b,
        "sll": a << (b & 31),
        "slt": int(signed(a) < signed(b)),
        "sltu": int(a < b),
        "xor": a ^ b,
        "srl": a >> (b & 31),
        "sra": signed(a) >> (b & 31),
        "or": a | b,
        "and": a & b,
    }[name] & MASK


def holds(name, a, b):
    return {
        "beq": a == b,
        "bne": a != b,
        "blt": signed(a) < signed(b),
        "bge": signed(a) >= signed(b),
        "bltu": a < b,
        "bgeu": a >= b,
    }[name]


def step(instruction, pc, x, memory):
    """Execute one instruction on registers and memory (a bytearray); return the next pc."""
    name, rd, rs1, rs2, i = instruction
    a, b, result, following = x[rs1], x[rs2], None, pc + 4
    if name in REGISTER_OPS:
        result = arithmetic(name, a, b)
    elif name in IMMEDIATE_OPS or name in SHIFT_OPS:
        result = arithmetic({"sltiu": "sltu"}.get(name, name.replace("i", "", 1) if name[0] == "i" else name[:-1]), a, i & MASK)
    elif name in LOADS:
        size, at = 1 << (LOADS[name] & 3), (a + i) & MASK
        value = int.from_bytes(memory[at : at + size], "little")
        result = value if LOADS[name] & 4 else signed(value, 8 * size) & MASK
    elif name in STORES:
        size, at = 1 << STORES[name], (a + i) & MASK
        memory[at : at + size] = (b & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    elif name in BRANCHES:
        following = pc + i if holds(name, a, b) else following
    elif name in ("jal", "jalr"):
        result, following = following, pc + i if name == "jal" else (a + i) & MASK & ~1
    else:
        result = ((pc if name == "auipc" else 0) + (i << 12)) & MASK
    if result is not None and rd:
        x[rd] = result
    return following


def expected_memory(program):
    """The data memory, as words, after `program` has run to its end."""
    x, memory, pc = [0] * 32, bytearray(4 * MEMORY_WORDS), 0
    while pc < 4 * len(program):
        pc = step(program[pc // 4], pc, x, memory)
    return np.frombuffer(bytes(memory), "<u4").tolist()


# --- two ways to run a program on the hardware: to (memory words, cycles until `halted`) ------------------------------

BENCH = """module bench;
  reg [31:0] imem [0:1023], dmem [0:{words}-1];
  reg clk = 0, rst = 1;
  wire [31:0] imem_address, dmem_address, dmem_write_data;
  wire [3:0] dmem_write;
  wire dmem_read, halted;
  reg [31:0] dmem_read_data;
  integer i, cycles;
  rv_mini dut (.clk(clk), .rst(rst), .imem_address(imem_address), .imem_data(imem[imem_address[11:2]]),
    .dmem_address(dmem_address), .dmem_read(dmem_read), .dmem_write(dmem_write), .dmem_write_data(dmem_write_data),
    .dmem_read_data(dmem_read_data), .halted(halted));
  always #1 clk = !clk;
  always @(posedge clk) begin
    dmem_read_data <= dmem_read ? dmem[dmem_address[31:2]] : 32'bx;
    for (i = 0; i < 4; i = i + 1)
      if (dmem_write[i]) dmem[dmem_address[31:2]][8*i +: 8] <= dmem_write_data[8*i +: 8];
  end
  initial begin
    $readmemh("program.hex", imem);
    for (i = 0; i < {words}; i = i + 1) dmem[i] = 0;
    @(negedge clk) rst = 0;
    for (cycles = 0; !halted && cycles < 5000; cycles = cycles + 1) @(negedge clk);
    $display("%0d", halted ? cycles : -1);
    for (i = 0; i < {words}; i = i + 1) $display("%h", dmem[i]);
    $finish;
  end
endmodule
"""


def in_icarus(programs):
    with tools.scratch() as cwd:
        (cwd / "bench.v").write_text(BENCH.format(words=MEMORY_WORDS))
        sources = [tools.bring(SOURCE, cwd, "rv_mini.v"), "bench.v"]
        tools.run(tools.ICARUS, ["-g2005", "-o", "bench.vvp", *sources], cwd=cwd, timeout=60, expect=["bench.vvp"])
        return [_in_vvp(program, cwd) for program in programs]


def _in_vvp(program, cwd):
    (cwd / "program.hex").write_text("\n".join(f"{word:08x}" for word in assembled(program)))
    cycles, *memory = tools.run(tools.VVP, ["-n", "bench.vvp"], cwd=cwd, timeout=60).output.split()[-1 - MEMORY_WORDS :]
    return [int(word, 16) for word in memory], int(cycles)


def in_ours(programs):
    """All programs at once: each is one bit of the words that the simulator computes with."""
    netlist, machines = read_rtl([SOURCE], "rv_mini"), [Machine(program) for program in programs]
    ports = {p.name: list(p.nets) for p in netlist.outputs}
    state = np.zeros((len(netlist.state_cells), 1), dtype=np.uint64)
    reset = 1
    while not all(m.cycles for m in machines) and machines[0].elapsed < 5000:
        inputs = {"clk": [0] * len(machines), "rst": [reset] * len(machines), "dmem_read_data": [m.loaded for m in machines]}
        address = _outputs(netlist, ports, inputs | {"imem_data": [0] * len(machines)}, state)[1]["imem_address"]
        inputs["imem_data"] = [m.fetch(a) for m, a in zip(machines, address, strict=True)]
        nets, out = _outputs(netlist, ports, inputs, state)
        for k, machine in enumerate(machines):
            machine.clock({name: values[k] for name, values in out.items()}, reset)
        state, reset = simulate.next_state(netlist, nets, state), 0
    return [(np.frombuffer(bytes(m.memory), "<u4").tolist(), m.cycles) for m in machines]


def _outputs(netlist, ports, inputs, state):
    nets = simulate.simulate(netlist, {n: simulate.pack(v, netlist.port(n).width) for n, v in inputs.items()}, state)
    return nets, {name: simulate.unpack(nets[rows], len(inputs["clk"])) for name, rows in ports.items()}


class Machine:
    """The memories of one processor, and how long it has run."""

    def __init__(self, program):
        self.words, self.memory = assembled(program), bytearray(4 * MEMORY_WORDS)
        self.loaded, self.elapsed, self.cycles = 0, 0, 0

    def fetch(self, address):
        return self.words[address // 4] if address // 4 < len(self.words) else 0

    def clock(self, out, reset):
        self.elapsed += 1 - reset
        if out["halted"] and not self.cycles and not reset:
            self.cycles = self.elapsed - 1
        at = out["dmem_address"] & ~3
        self.loaded = int.from_bytes(self.memory[at : at + 4], "little") if out["dmem_read"] else 0xDEADBEEF
        for byte in range(4):
            if out["dmem_write"] >> byte & 1:
                self.memory[at + byte] = out["dmem_write_data"] >> 8 * byte & 0xFF


@pytest.fixture(params=["icarus", "ours"])
def processor(request):
    if request.param == "icarus":
        request.getfixturevalue("iverilog")
        return in_icarus
    return in_ours


# --- programs ---------------------------------------------------------------------------------------------------------


def op(name, rd=0, rs1=0, rs2=0, immediate=0):
    return name, rd, rs1, rs2, immediate


def assembled(program):
    """Instruction words; the machine stops behind the last instruction."""
    return [encode(*instruction) for instruction in program] + [EBREAK]


def constant(rd, value):
    """Two instructions that load any 32-bit value."""
    return [op("lui", rd, immediate=(value + 0x800) >> 12 & 0xFFFFF), op("addi", rd, rd, immediate=signed(value, 12))]


def bubble_sort(numbers):
    """Stores `numbers` at address 0 and sorts them in place, as signed words."""
    end = 4 * (len(numbers) - 1)
    store = [i for k, n in enumerate(numbers) for i in [*constant(5, n), op("sw", rs2=5, immediate=4 * k)]]
    return [
        *store,
        op("addi", 1, immediate=end),  # outer loop: x1 counts down to 0
        op("addi", 2),  # inner loop: x2 runs up to x1
        op("lw", 3, 2),
        op("lw", 4, 2, immediate=4),
        op("bge", rs1=4, rs2=3, immediate=12),
        op("sw", rs1=2, rs2=4),
        op("sw", rs1=2, rs2=3, immediate=4),
        op("addi", 2, 2, immediate=4),
        op("blt", rs1=2, rs2=1, immediate=-24),
        op("addi", 1, 1, immediate=-4),
        op("blt", rs2=1, immediate=-36),
    ]


def random_program(seed, length=60):
    """Random instructions on few registers, so that most depend on their neighbours; every jump goes forward."""
    rng = np.random.default_rng(seed)
    start = [i for r in range(1, 8) for i in constant(r, int(rng.integers(1 << 32)))]
    body = [i for _ in range(length) for i in random_instruction(rng)]
    keep = [op("sw", rs2=r, immediate=4 * (MEMORY_WORDS - 8 + r)) for r in range(8)]
    return start + body + [op("addi")] * 3 + keep  # a jump from the last instructions lands among the ADDIs


def random_instruction(rng):
    rd, rs1, rs2 = (int(v) for v in rng.integers(0, 8, 3))
    number = int(rng.integers(-2048, 2048))
    kind = rng.choice(["register", "immediate", "shift", "load", "store", "branch", "upper", "jal", "jalr"])
    if kind == "register":
        return [op(str(rng.choice(list(REGISTER_OPS))), rd, rs1, rs2)]
    if kind == "immediate":
        return [op(str(rng.choice(list(IMMEDIATE_OPS))), rd, rs1, immediate=number)]
    if kind == "shift":
        return [op(str(rng.choice(list(SHIFT_OPS))), rd, rs1, immediate=number & 31)]
    if kind in ("load", "store"):
        names = LOADS if kind == "load" else STORES
        name = str(rng.choice(list(names)))
        return [op(name, rd * (kind == "load"), 0, rs2, (number & 0x7F) >> (names[name] & 3) << (names[name] & 3))]
    if kind == "branch":
        return [op(str(rng.choice(list(BRANCHES))), 0, rs1, rs2, int(rng.choice([4, 8, 12])))]
    if kind == "jal":
        return [op("jal", rd, immediate=int(rng.choice([4, 8])))]
    if kind == "jalr":
        target = rd or 1  # no jump enters between these two; the odd bit of the target is dropped
        return [op("addi"), op("addi"), op("auipc", target), op("jalr", rd, target, immediate=12 + (number & 1))]
    return [op(str(rng.choice(["lui", "auipc"])), rd, immediate=int(rng.integers(1 << 20)))]


def test_a_program_sorts_numbers(processor):
    numbers = [5, -7, 2000000000, 0, -2000000000, 5, 1, -1]
    ((memory, cycles),) = processor([bubble_sort(numbers)])
    assert cycles > 0
    assert [signed(word) for word in memory[: len(numbers)]] == sorted(numbers)


def test_random_programs_leave_the_memory_that_the_model_leaves(processor):
    programs = [random_program(seed) for seed in range(40)]
    for program, (memory, cycles) in zip(programs, processor(programs), strict=True):
        assert cycles > 0
        assert memory == expected_memory(program)


def test_a_load_that_is_used_at_once_and_a_taken_branch_cost_one_cycle_each(processor):
    plain = [op("addi", 1, immediate=4), op("lw", 2), op("addi", 3), op("add", 4, 2, 1)]
    at_once = [op("addi", 1, immediate=4), op("addi", 3), op("lw", 2), op("add", 4, 2, 1)]
    not_taken = [*plain, op("bne", immediate=8), op("addi", 5)]
    taken = [*plain, op("beq", immediate=4), op("addi", 5)]
    cycles = [c for _, c in processor([plain, at_once, not_taken, taken])]
    assert cycles == [cycles[0], cycles[0] + 1, cycles[0] + 2, cycles[0] + 3]


def test_an_unknown_instruction_stops_the_machine(processor):
    store = [op("addi", 1, immediate=77), op("sw", rs2=1)]
    (short, _), (long, _) = processor([store, [*store, op("addi", 1, immediate=78), op("sw", rs2=1)]])
    assert (short[0], long[0]) == (77, 78)
