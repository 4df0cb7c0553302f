// SPDX-License-Identifier: Apache-2.0
//
// Sequential restoring divider for unsigned numbers, one bit of the quotient per cycle.
//
// The operands are taken in a cycle with `start`; then come WIDTH cycles with `busy`, and one with `done`. The results stay
// until the next start. A start while busy begins anew. Division by zero gives a quotient of all ones and the dividend
// as remainder.

module divider #(
    parameter WIDTH = 16
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,
    input  wire [WIDTH-1:0] dividend,
    input  wire [WIDTH-1:0] divisor,
    output reg  [WIDTH-1:0] quotient,
    output reg  [WIDTH-1:0] remainder,
    output wire             busy,
    output reg              done
);
    localparam COUNT = $clog2(WIDTH + 1);

    reg [COUNT-1:0] left;  // quotient bits still to come
    reg [WIDTH-1:0] subtrahend;

    // The dividend leaves `quotient` at the top while quotient bits enter it at the bottom.
    wire [WIDTH:0] shifted = {remainder, quotient[WIDTH-1]};
    wire [WIDTH:0] difference = shifted - {1'b0, subtrahend};
    wire           fits = !difference[WIDTH];

    assign busy = left != {COUNT{1'b0}};

    always @(posedge clk)
        if (rst) begin
            left <= {COUNT{1'b0}};
            done <= 1'b0;
        end else if (start) begin
            left       <= WIDTH[COUNT-1:0];
            done       <= 1'b0;
            subtrahend <= divisor;
            quotient   <= dividend;
            remainder  <= {WIDTH{1'b0}};
        end else begin
            done <= left == {{COUNT-1{1'b0}}, 1'b1};
            if (busy) begin
                left      <= left - {{COUNT-1{1'b0}}, 1'b1};
                quotient  <= {quotient[WIDTH-2:0], fits};
                remainder <= fits ? difference[WIDTH-1:0] : shifted[WIDTH-1:0];
            end
        end
endmodule
