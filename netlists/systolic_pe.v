// SPDX-License-Identifier: Apache-2.0
//
// Processing element of a weight-stationary systolic array.
//
// Weights enter from above and move down one row in each cycle with `load`; then they stay. Activations move to the
// right, partial sums move down, one element in each cycle:
//
//   activation_out <= activation_in
//   sum_out        <= sum_in + activation_in * weight
//
// A grid of R x C elements, with row r fed r cycles late, multiplies a matrix by its R x C weights. All numbers are in
// two's complement; a sum wraps around at its width.

module systolic_pe #(
    parameter WIDTH = 8,  // bits of an activation and of a weight
    parameter SUM = 24    // bits of a partial sum
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    load,
    input  wire signed [WIDTH-1:0] weight_in,
    input  wire signed [WIDTH-1:0] activation_in,
    input  wire signed [SUM-1:0]   sum_in,
    output wire signed [WIDTH-1:0] weight_out,
    output reg  signed [WIDTH-1:0] activation_out,
    output reg  signed [SUM-1:0]   sum_out
);
    reg signed [WIDTH-1:0] weight;

    assign weight_out = weight;

    always @(posedge clk)
        if (rst)       weight <= {WIDTH{1'b0}};
        else if (load) weight <= weight_in;

    always @(posedge clk)
        if (rst) begin
            activation_out <= {WIDTH{1'b0}};
            sum_out        <= {SUM{1'b0}};
        end else begin
            activation_out <= activation_in;
            sum_out        <= sum_in + activation_in * weight;
        end
endmodule
