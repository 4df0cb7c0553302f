// SPDX-License-Identifier: Apache-2.0
//
// A small pipelined processor: the RV32I user instructions except FENCE and CSR access, in three stages.
//
//   fetch      reads the instruction memory at `pc`
//   execute    decodes, reads the registers, computes; resolves jumps and branches; addresses the data memory
//   write      takes the loaded word, aligns it, writes the register file
//
// Hazards: the result of the instruction in `write` is forwarded to `execute`, except that of a load, for which `execute`
// waits one cycle. A taken jump or branch drops the instruction fetched behind it (one lost cycle). Any instruction that
// is not known, ECALL and EBREAK among them, stops the machine: `halted` stays high until reset.
//
// The instruction memory answers in the same cycle. The data memory answers a read one cycle after its address, and
// takes a write at the clock edge that ends the cycle; `dmem_write` has one bit per byte. Addresses are those of bytes;
// misaligned accesses are not supported: the low address bits select bytes within the word and nothing else.

module rv_mini #(
    parameter [31:0] RESET_PC = 32'h0
) (
    input  wire        clk,
    input  wire        rst,
    output wire [31:0] imem_address,
    input  wire [31:0] imem_data,
    output wire [31:0] dmem_address,
    output wire        dmem_read,
    output wire [3:0]  dmem_write,
    output wire [31:0] dmem_write_data,
    input  wire [31:0] dmem_read_data,
    output reg         halted
);
    localparam [4:0] LOAD = 5'b00000, STORE = 5'b01000, BRANCH = 5'b11000, JALR = 5'b11001, JAL = 5'b11011,
                     IMMEDIATE = 5'b00100, REGISTER = 5'b01100, LUI = 5'b01101, AUIPC = 5'b00101;

    // --- fetch -------------------------------------------------------------------------------------------------------

    reg  [31:0] pc;
    wire        wait_for_load, taken, stop;
    wire [31:0] target;

    assign imem_address = pc;

    reg         x_valid;
    reg  [31:0] x_pc, x_instruction;

    always @(posedge clk)
        if (rst) begin
            pc      <= RESET_PC;
            x_valid <= 1'b0;
        end else if (stop || halted) begin
            x_valid <= 1'b0;
        end else if (!wait_for_load) begin
            pc            <= taken ? target : pc + 32'd4;
            x_valid       <= !taken;
            x_pc          <= pc;
            x_instruction <= imem_data;
        end

    // --- execute: decoding -------------------------------------------------------------------------------------------

    wire [4:0] opcode = x_instruction[6:2];
    wire [2:0] funct3 = x_instruction[14:12];
    wire [6:0] funct7 = x_instruction[31:25];
    wire [4:0] rd     = x_instruction[11:7];
    wire [4:0] rs1    = x_instruction[19:15];
    wire [4:0] rs2    = x_instruction[24:20];

    wire is_load      = opcode == LOAD;
    wire is_store     = opcode == STORE;
    wire is_branch    = opcode == BRANCH;
    wire is_jalr      = opcode == JALR;
    wire is_jal       = opcode == JAL;
    wire is_immediate = opcode == IMMEDIATE;
    wire is_register  = opcode == REGISTER;
    wire is_lui       = opcode == LUI;
    wire is_auipc     = opcode == AUIPC;

    wire is_shift        = funct3 == 3'b001 || funct3 == 3'b101;
    wire plain           = funct7 == 7'b0000000;
    wire alternate       = funct7 == 7'b0100000;  // SUB, SRA
    wire alternate_legal = alternate && (funct3 == 3'b101 || (is_register && funct3 == 3'b000));

    reg legal;
    always @*
        case (opcode)
            LOAD:            legal = funct3[1:0] != 2'b11 && funct3 != 3'b110;
            STORE:           legal = funct3 == 3'b000 || funct3 == 3'b001 || funct3 == 3'b010;
            BRANCH:          legal = funct3[2:1] != 2'b01;
            JALR:            legal = funct3 == 3'b000;
            IMMEDIATE:       legal = !is_shift || plain || alternate_legal;
            REGISTER:        legal = plain || alternate_legal;
            JAL, LUI, AUIPC: legal = 1'b1;
            default:         legal = 1'b0;
        endcase

    assign stop = x_valid && !wait_for_load && (!legal || x_instruction[1:0] != 2'b11);

    wire issue = x_valid && !wait_for_load && !stop;  // the instruction in `execute` goes on to `write`

    wire [31:0] immediate_i = {{20{x_instruction[31]}}, x_instruction[31:20]};
    wire [31:0] immediate_s = {{20{x_instruction[31]}}, x_instruction[31:25], x_instruction[11:7]};
    wire [31:0] immediate_b = {{20{x_instruction[31]}}, x_instruction[7], x_instruction[30:25], x_instruction[11:8], 1'b0};
    wire [31:0] immediate_u = {x_instruction[31:12], 12'b0};
    wire [31:0] immediate_j = {{12{x_instruction[31]}}, x_instruction[19:12], x_instruction[20], x_instruction[30:21], 1'b0};

    // --- execute: operands, forwarded from `write` -------------------------------------------------------------------

    reg  [31:0] registers [0:31];
    reg         w_valid, w_load;
    reg  [4:0]  w_rd;
    reg  [2:0]  w_funct3;
    reg  [1:0]  w_byte;
    reg  [31:0] w_result;

    wire reads_rs1 = !(is_lui || is_auipc || is_jal);
    wire reads_rs2 = is_register || is_branch || is_store;
    wire hit_rs1   = w_valid && w_rd == rs1;  // never register 0
    wire hit_rs2   = w_valid && w_rd == rs2;

    assign wait_for_load = x_valid && w_load && ((reads_rs1 && hit_rs1) || (reads_rs2 && hit_rs2));

    wire [31:0] operand1 = rs1 == 5'd0 ? 32'd0 : hit_rs1 ? w_result : registers[rs1];
    wire [31:0] operand2 = rs2 == 5'd0 ? 32'd0 : hit_rs2 ? w_result : registers[rs2];

    // --- execute: arithmetic -----------------------------------------------------------------------------------------

    wire [31:0] right     = is_immediate ? immediate_i : operand2;
    wire        subtract  = is_branch || (is_register && alternate) || ((is_register || is_immediate) && funct3[2:1] == 2'b01);
    wire [32:0] sum       = {1'b0, operand1} + {1'b0, right ^ {32{subtract}}} + {32'd0, subtract};
    wire        below     = !sum[32];                                                         // unsigned
    wire        less      = operand1[31] == right[31] ? sum[31] : operand1[31];               // two's complement
    wire [31:0] to_left   = operand1 << right[4:0];
    wire [32:0] to_right  = $signed({funct7[5] & operand1[31], operand1}) >>> right[4:0];

    reg [31:0] arithmetic;
    always @*
        case (funct3)
            3'b000:  arithmetic = sum[31:0];
            3'b001:  arithmetic = to_left;
            3'b010:  arithmetic = {31'd0, less};
            3'b011:  arithmetic = {31'd0, below};
            3'b100:  arithmetic = operand1 ^ right;
            3'b101:  arithmetic = to_right[31:0];
            3'b110:  arithmetic = operand1 | right;
            default: arithmetic = operand1 & right;
        endcase

    // --- execute: jumps and branches ---------------------------------------------------------------------------------

    wire equal    = operand1 == operand2;
    wire chosen   = !funct3[2] ? equal : funct3[1] ? below : less;
    wire holds    = chosen ^ funct3[0];
    wire jump     = is_jal || is_jalr;
    wire [31:0] indirect = operand1 + immediate_i;

    assign taken  = issue && (jump || (is_branch && holds));
    assign target = is_jalr ? {indirect[31:1], 1'b0} : x_pc + (is_jal ? immediate_j : immediate_b);

    // --- execute: data memory ----------------------------------------------------------------------------------------

    reg [3:0] bytes;
    always @*
        case (funct3[1:0])
            2'b00:   bytes = 4'b0001 << dmem_address[1:0];
            2'b01:   bytes = 4'b0011 << {dmem_address[1], 1'b0};
            default: bytes = 4'b1111;
        endcase

    assign dmem_address    = operand1 + (is_store ? immediate_s : immediate_i);
    assign dmem_read       = issue && is_load;
    assign dmem_write      = {4{issue && is_store}} & bytes;
    assign dmem_write_data = funct3[1:0] == 2'b00 ? {4{operand2[7:0]}} : funct3[1:0] == 2'b01 ? {2{operand2[15:0]}} : operand2;

    // --- write -------------------------------------------------------------------------------------------------------

    wire writes_rd = !(is_branch || is_store) && rd != 5'd0;

    always @(posedge clk)
        if (rst) begin
            w_valid <= 1'b0;
            w_load  <= 1'b0;
            halted  <= 1'b0;
        end else begin
            w_valid  <= issue && writes_rd;
            w_load   <= issue && is_load;
            w_rd     <= rd;
            w_funct3 <= funct3;
            w_byte   <= dmem_address[1:0];
            w_result <= is_lui ? immediate_u : is_auipc ? x_pc + immediate_u : jump ? x_pc + 32'd4 : arithmetic;
            halted   <= halted || stop;
        end

    wire [31:0] moved = dmem_read_data >> {w_byte, 3'b000};
    wire        sign  = !w_funct3[2] && (w_funct3[0] ? moved[15] : moved[7]);
    wire [31:0] loaded = w_funct3[1] ? dmem_read_data
                       : w_funct3[0] ? {{16{sign}}, moved[15:0]}
                       :               {{24{sign}}, moved[7:0]};

    always @(posedge clk)
        if (w_valid) registers[w_rd] <= w_load ? loaded : w_result;
endmodule
