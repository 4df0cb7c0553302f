// SPDX-License-Identifier: Apache-2.0
//
// Unsigned 16 x 16 multiplier, full width: the one-line reference that generated multipliers are compared with.

module mult16 (
    input  wire [15:0] a,
    input  wire [15:0] b,
    output wire [31:0] p
);
    assign p = a * b;
endmodule
