// SPDX-License-Identifier: Apache-2.0
//
// Unsigned 16 x 16 multiplier with a 32-bit addend, full width: p = a * b + c never overflows its 33 bits.

module mac16 (
    input  wire [15:0] a,
    input  wire [15:0] b,
    input  wire [31:0] c,
    output wire [32:0] p
);
    assign p = a * b + c;
endmodule
