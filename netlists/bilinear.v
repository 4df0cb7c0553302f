// SPDX-License-Identifier: Apache-2.0
//
// Bilinear interpolation between four pixels, combinational. x and y are sixteenths of the way to the right and downwards:
//
//   p = ((a*(16-x) + b*x) * (16-y) + (c*(16-x) + d*x) * y + 128) / 256
//
// The result is exact before the division and rounded to the nearest integer by it.

module bilinear (
    input  wire [7:0] a,
    input  wire [7:0] b,
    input  wire [7:0] c,
    input  wire [7:0] d,
    input  wire [3:0] x,
    input  wire [3:0] y,
    output wire [7:0] p
);
    wire [4:0]  left   = 5'd16 - x;
    wire [4:0]  above  = 5'd16 - y;
    wire [11:0] upper  = a * left + b * x;
    wire [11:0] lower  = c * left + d * x;
    wire [15:0] sum    = upper * above + lower * y + 8'd128;

    assign p = sum[15:8];
endmodule
