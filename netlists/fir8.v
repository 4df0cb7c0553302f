// SPDX-License-Identifier: Apache-2.0
//
// Eight-tap finite impulse response filter in transposed form.
//
//   y[n] = sum over k of TAPS[k] * x[n-k]
//
// Every sample is multiplied by all coefficients at once and the products are added along a chain of registers, so the
// longest path is one constant multiplier and one adder however many taps there are. The result is exact: it has room
// for eight products. One sample is taken, and one result given, in each cycle with `en`; y follows x by one cycle.

module fir8 #(
    parameter WIDTH = 12,       // bits of a sample, two's complement
    parameter COEFFICIENT = 8,  // bits of a coefficient, two's complement
    parameter [8*COEFFICIENT-1:0] TAPS = {-8'sd5, -8'sd3, 8'sd22, 8'sd50, 8'sd50, 8'sd22, -8'sd3, -8'sd5}  // 7 down to 0
) (
    input  wire                                  clk,
    input  wire                                  rst,
    input  wire                                  en,
    input  wire signed [WIDTH-1:0]               x,
    output wire signed [WIDTH+COEFFICIENT+3-1:0] y
);
    localparam SUM = WIDTH + COEFFICIENT + 3;

    wire [9*SUM-1:0] chain;  // partial sum that leaves tap k, and zero before the last tap

    assign chain[8*SUM +: SUM] = {SUM{1'b0}};
    assign y = chain[0 +: SUM];

    genvar k;
    generate
        for (k = 0; k < 8; k = k + 1) begin : tap
            wire signed [COEFFICIENT-1:0] coefficient = TAPS[k*COEFFICIENT +: COEFFICIENT];
            wire signed [SUM-1:0]         product     = x * coefficient;
            reg         [SUM-1:0]         sum;

            always @(posedge clk)
                if (rst)     sum <= {SUM{1'b0}};
                else if (en) sum <= product + chain[(k+1)*SUM +: SUM];

            assign chain[k*SUM +: SUM] = sum;
        end
    endgenerate
endmodule
