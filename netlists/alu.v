// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic logic unit with flags; combinational. WIDTH is a power of two: 16 and 32 are meant.
//
//   op  result                    op  result
//   0   a + b                     8   a << amount
//   1   a + b + carry_in          9   a >> amount, zeros enter
//   2   a - b                     10  a >> amount, the sign enters
//   3   a - b - !carry_in         11  a rotated right by amount
//   4   a & b                     12  1 if a < b, two's complement
//   5   a | b                     13  1 if a < b, unsigned
//   6   a ^ b                     14  b
//   7   ~(a | b)                  15  number of ones in a
//
// The amount of a shift is b modulo WIDTH. `carry` is the carry out of the adder (for a subtraction: no borrow) and
// `overflow` its overflow in two's complement; both are 0 for other operations than 0 to 3.

module alu #(
    parameter WIDTH = 16
) (
    input  wire [3:0]       op,
    input  wire [WIDTH-1:0] a,
    input  wire [WIDTH-1:0] b,
    input  wire             carry_in,
    output reg  [WIDTH-1:0] result,
    output wire             carry,
    output wire             overflow,
    output wire             zero,
    output wire             negative
);
    localparam AMOUNT = $clog2(WIDTH);

    // One adder serves addition, subtraction and comparison.
    wire             adds     = op[3:2] == 2'b00;
    wire             subtract = !adds || op[1];
    wire             first    = adds && op[0] ? carry_in : subtract;
    wire [WIDTH-1:0] addend   = b ^ {WIDTH{subtract}};
    wire [WIDTH:0]   sum      = {1'b0, a} + {1'b0, addend} + {{WIDTH{1'b0}}, first};
    wire             sum_carry    = sum[WIDTH];
    wire             sum_overflow = a[WIDTH-1] == addend[WIDTH-1] && sum[WIDTH-1] != a[WIDTH-1];

    // One right shifter serves all shifts: a left shift is a right shift of the reversed operand.
    wire [AMOUNT-1:0]  amount = b[AMOUNT-1:0];
    wire               left   = op[1:0] == 2'b00;
    wire [WIDTH-1:0]   right_operand = left ? reversed(a) : a;
    wire [WIDTH-1:0]   entering = op[1:0] == 2'b11 ? a : {WIDTH{op[1] & a[WIDTH-1]}};
    wire [2*WIDTH-1:0] wide    = {entering, right_operand} >> amount;
    wire [WIDTH-1:0]   shifted = left ? reversed(wide[WIDTH-1:0]) : wide[WIDTH-1:0];

    function [WIDTH-1:0] reversed(input [WIDTH-1:0] word);
        integer i;
        for (i = 0; i < WIDTH; i = i + 1) reversed[i] = word[WIDTH-1-i];
    endfunction

    function [WIDTH-1:0] ones(input [WIDTH-1:0] word);
        integer i;
        begin
            ones = {WIDTH{1'b0}};
            for (i = 0; i < WIDTH; i = i + 1) ones = ones + {{WIDTH-1{1'b0}}, word[i]};
        end
    endfunction

    always @* begin
        case (op)
            4'd0, 4'd1, 4'd2, 4'd3:    result = sum[WIDTH-1:0];
            4'd4:                      result = a & b;
            4'd5:                      result = a | b;
            4'd6:                      result = a ^ b;
            4'd7:                      result = ~(a | b);
            4'd8, 4'd9, 4'd10, 4'd11:  result = shifted;
            4'd12:                     result = {{WIDTH-1{1'b0}}, sum[WIDTH-1] ^ sum_overflow};
            4'd13:                     result = {{WIDTH-1{1'b0}}, !sum_carry};
            4'd14:                     result = b;
            default:                   result = ones(a);
        endcase
    end

    assign carry    = adds && sum_carry;
    assign overflow = adds && sum_overflow;
    assign zero     = result == {WIDTH{1'b0}};
    assign negative = result[WIDTH-1];
endmodule
