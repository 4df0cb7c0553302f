// SPDX-License-Identifier: Apache-2.0
//
// Eight-bit adder with two four-bit carry look-ahead groups, written as assignments of gate expressions.
// Equal to adder8_ripple.v.

module adder8 (
    input        carry_in,
    input  [7:0] a,
    input  [7:0] b,
    output [7:0] sum,
    output       carry_out
);
    wire [7:0] g, p, c;
    wire       middle;

    assign g[0] = a[0] & b[0];
    assign g[1] = a[1] & b[1];
    assign g[2] = a[2] & b[2];
    assign g[3] = a[3] & b[3];
    assign g[4] = a[4] & b[4];
    assign g[5] = a[5] & b[5];
    assign g[6] = a[6] & b[6];
    assign g[7] = a[7] & b[7];

    assign p[0] = a[0] ^ b[0];
    assign p[1] = a[1] ^ b[1];
    assign p[2] = a[2] ^ b[2];
    assign p[3] = a[3] ^ b[3];
    assign p[4] = a[4] ^ b[4];
    assign p[5] = a[5] ^ b[5];
    assign p[6] = a[6] ^ b[6];
    assign p[7] = a[7] ^ b[7];

    lookahead4 low  (.g(g[3:0]), .p(p[3:0]), .carry_in(carry_in), .carry(c[3:0]), .carry_out(middle));
    lookahead4 high (.g(g[7:4]), .p(p[7:4]), .carry_in(middle), .carry(c[7:4]), .carry_out(carry_out));

    assign sum[0] = p[0] ^ c[0];
    assign sum[1] = p[1] ^ c[1];
    assign sum[2] = p[2] ^ c[2];
    assign sum[3] = p[3] ^ c[3];
    assign sum[4] = p[4] ^ c[4];
    assign sum[5] = p[5] ^ c[5];
    assign sum[6] = p[6] ^ c[6];
    assign sum[7] = p[7] ^ c[7];
endmodule

module lookahead4 (
    input  [3:0] g,
    input  [3:0] p,
    input        carry_in,
    output [3:0] carry,
    output       carry_out
);
    assign carry[0]  = carry_in;
    assign carry[1]  = g[0] | (p[0] & carry_in);
    assign carry[2]  = g[1] | (p[1] & g[0]) | (p[1] & p[0] & carry_in);
    assign carry[3]  = g[2] | (p[2] & g[1]) | (p[2] & p[1] & g[0]) | (p[2] & p[1] & p[0] & carry_in);
    assign carry_out = g[3] | (p[3] & g[2]) | (p[3] & p[2] & g[1]) | (p[3] & p[2] & p[1] & g[0])
                     | (p[3] & p[2] & p[1] & p[0] & carry_in);
endmodule
