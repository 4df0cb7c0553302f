// SPDX-License-Identifier: Apache-2.0
//
// Eight-bit adder as a chain of full adders, written cell by cell with cells of the Nangate45 library.
// Equal to adder8_lookahead.v.

module adder8 (
    input        carry_in,
    input  [7:0] a,
    input  [7:0] b,
    output [7:0] sum,
    output       carry_out
);
    wire [7:1] carry;

    full_adder bit0 (.a(a[0]), .b(b[0]), .c(carry_in), .s(sum[0]), .co(carry[1]));
    full_adder bit1 (.a(a[1]), .b(b[1]), .c(carry[1]), .s(sum[1]), .co(carry[2]));
    full_adder bit2 (.a(a[2]), .b(b[2]), .c(carry[2]), .s(sum[2]), .co(carry[3]));
    full_adder bit3 (.a(a[3]), .b(b[3]), .c(carry[3]), .s(sum[3]), .co(carry[4]));
    full_adder bit4 (.a(a[4]), .b(b[4]), .c(carry[4]), .s(sum[4]), .co(carry[5]));
    full_adder bit5 (.a(a[5]), .b(b[5]), .c(carry[5]), .s(sum[5]), .co(carry[6]));
    full_adder bit6 (.a(a[6]), .b(b[6]), .c(carry[6]), .s(sum[6]), .co(carry[7]));
    FA_X1      bit7 (.A(a[7]), .B(b[7]), .CI(carry[7]), .S(sum[7]), .CO(carry_out));
endmodule

module full_adder (
    input  a,
    input  b,
    input  c,
    output s,
    output co
);
    wire half, generated_n, propagated_n;

    XOR2_X1  first  (.A(a), .B(b), .Z(half));
    XOR2_X1  second (.A(half), .B(c), .Z(s));
    NAND2_X1 both   (.A1(a), .A2(b), .ZN(generated_n));
    NAND2_X1 pass   (.A1(half), .A2(c), .ZN(propagated_n));
    NAND2_X1 either (.A1(generated_n), .A2(propagated_n), .ZN(co));
endmodule
